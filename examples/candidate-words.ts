/** The words that examples/make-candidates.ts makes its invented candidates of: names, employers, trades, remarks. */

const list = (text: string): string[] =>
  text
    .split('|')
    .map((item) => item.trim().replace(/\s+/g, ' '))
    .filter((item) => item !== '');

/** Given and family names by script, in the order in which they are written together. */
export const names: { script: string; first: string[]; last: string[]; join: string }[] = [
  {
    script: 'Latin',
    first: list('Amara|Bodil|Callum|Delphine|Edwin|Fatou|Gwen|Hollis|Imani|Jasper|Keisha|Linus|Marisol|Niamh|Otis'),
    last: list('Abara|Brackley|Castellane|Dunmore|Eastwick|Ferrante|Grimsby|Holloway|Ikande|Jarvela|Kestrel|Lindqvist'),
    join: ' ',
  },
  {
    script: 'Latin with accents',
    first: list('Zoë|Łukasz|Søren|Águeda|Çağla|Dušan|Éloïse|Jürgen|Nuño|Þóra|Ștefan|Ngọc'),
    last: list('Ångmark|Błaszczak|Čermáková|Díaz-Peñalba|Ekşioğlu|Fürstenau|Gómez Íñiguez|Håkonsen|Kőszegi|Lê Thịnh'),
    join: ' ',
  },
  {
    script: 'Chinese',
    first: list('欧阳|沈|顾|林|蒋|邵|温|陆'),
    last: list('思远|雨晴|志航|清妍|若溪|子墨|嘉宁'),
    join: '',
  },
  {
    script: 'Arabic',
    first: list('ليلى|يوسف|سلمى|كريم|هند|طارق|نور'),
    last: list('الحداد|المنصوري|بن عاشور|القاضي|الزيدي|الخطيب'),
    join: ' ',
  },
  {
    script: 'Cyrillic',
    first: list('Ярослава|Тимур|Злата|Глеб|Оксана|Богдан|Милица'),
    last: list('Берёзко|Сабитов|Крапивчук|Велимир|Ковтуненко|Радойчић'),
    join: ' ',
  },
  {
    script: 'Greek',
    first: list('Ευγενία|Θράσος|Ιφιγένεια|Λεωνίδας|Ξένια|Στέφανος'),
    last: list('Βλαστάρης|Γαλανοπούλου|Δρακάκη|Καλογήρου|Μαυρομμάτης'),
    join: ' ',
  },
  {
    script: 'Devanagari',
    first: list('अनन्या|विवान|ईशा|कबीर|तारा|रोहन|मीरा'),
    last: list('कुलश्रेष्ठ|त्रिवेदी|भंडारी|जोगलेकर|श्रीवास्तव|रावत'),
    join: ' ',
  },
  { script: 'Korean', first: list('남궁|선우|황보|도|편|류'), last: list('서진|하율|도윤|지안|은채|시우'), join: '' },
];

export const companyStems = list(`Brightharbor|Nordvale|Quillstone|Tamarind Bay|Ferrous Lane|Oakmere|Sablewick|Kitewood|
  Lumenforge|Pellworth|Stillwater Row|Verdigris|Halcyon Pike|Mossgate|Copperline|Juniper & Vane|Ashgrove|Ternhill|
  Bluefinch|Redcombe|Silverbeck|Zephyrdale|Umberton|Windlass|Yarrowfield|Cinderquay`);

export const cities = list(`Rotterdam|Tallinn|Porto|Leeds|Gdańsk|Lyon|Nairobi|Pune|Busan|Montevideo|Halifax|Brisbane|
  Thessaloniki|Casablanca|Chengdu|Kraków|Oslo|Valparaíso|Austin|Accra`);

export const schools = list(`University of Calder Bay|Eastmere University|Polytechnic of Vintra|Saltmarsh College|
  Harrow Hill Institute of Technology|National University of Ostrava Heights|Linden City University|
  Karst Valley University of Applied Sciences|Aldermoor School of Economics|Open University of the Isles`);

/** A line of work (`{a-b}` in a sentence stands for a number between them): titles from first to last step, what its people know, and what they may have achieved. */
export interface Trade {
  key: string;
  employer: string;
  degree: string;
  titles: string[];
  skills: string[];
  wins: string[];
  duties: string[];
}

const trade = (key: string, parts: string[]): Trade => {
  const [employer, degree, titles, skills, wins, duties] = parts as [string, string, string, string, string, string];
  return { key, employer, degree, titles: list(titles), skills: list(skills), wins: list(wins), duties: list(duties) };
};

export const trades: Trade[] = [
  trade('software', [
    'Systems',
    'Computer Science',
    'Junior Developer|Software Developer|Senior Software Engineer|Staff Engineer|Engineering Manager',
    'Go|TypeScript|PostgreSQL|Kubernetes|Kafka|Terraform|incident response|code review|API design|observability',
    `Cut checkout latency from {700-950} ms to {120-310} ms|Moved {12-60} services to a new cluster without a planned outage|Led the
     rewrite of the billing ledger, audited without findings|Brought on-call pages down by {40-80} % in two quarters|Mentored
     {3-9} developers, two of whom now lead teams|Designed the event pipeline that carries {2-9} million messages an hour`,
    `Kept internal tools running|Fixed tickets from the support queue|Wrote unit tests for the payments module|Took part in
     the weekly release|Maintained a legacy Perl scheduler|Updated dependencies`,
  ]),
  trade('data', [
    'Analytics',
    'Statistics',
    'Data Analyst|Data Scientist|Senior Data Scientist|Lead Data Scientist|Head of Data',
    'Python|SQL|dbt|causal inference|A/B testing|forecasting|Spark|dashboarding|survey design|scikit-learn',
    `Built the demand forecast that saved {2-9} million EUR of stock a year|Ran {20-90} controlled experiments and published the
     playbook|Found a pricing error worth {2-7} % of revenue|Replaced {100-400} ad hoc reports by {8-20} trusted tables|Reduced churn by
     {6-19} % with a model that marketing still uses`,
    `Prepared the monthly sales deck|Answered ad hoc questions in SQL|Cleaned survey exports|Maintained a dashboard for the
     regional managers|Checked data quality after loads`,
  ]),
  trade('nursing', [
    'Clinics',
    'Nursing',
    'Staff Nurse|Senior Nurse|Charge Nurse|Ward Manager|Director of Nursing',
    'triage|wound care|medication safety|patient education|ventilator care|shift planning|audit|infection control',
    `Brought medication errors on the ward down by half|Set up a sepsis pathway later taken over by {2-7} hospitals|Trained
     {11-40} new nurses with no one leaving in the first year|Led the ward through a full electronic records change|Won the
     hospital's award for patient safety`,
    `Cared for up to eight patients a shift|Kept records and handovers|Prepared patients for surgery|Covered nights and
     weekends|Ordered supplies for the ward`,
  ]),
  trade('sales', [
    'Trading',
    'Business Administration',
    'Sales Assistant|Account Executive|Senior Account Executive|Key Account Manager|Sales Director',
    'negotiation|CRM hygiene|forecasting|tender writing|cold outreach|contract law basics|partner channels|French',
    `Closed {118-160} % of quota three years in a row|Opened the Nordic market with {6-20} key accounts|Won back the largest lost
     customer within a year|Built a partner channel that brings {15-40} % of new business|Shortened the sales cycle from {80-120} to {40-65}
     days`,
    `Kept the customer database up to date|Prepared quotes for the field team|Called leads from trade fairs|Reached about {70-95} %
     of quota|Accompanied senior colleagues to meetings`,
  ]),
  trade('teaching', [
    'Academy',
    'Education',
    'Teaching Assistant|Teacher|Senior Teacher|Head of Department|Deputy Principal',
    'curriculum design|classroom management|assessment|special needs|parent communication|mathematics|coaching',
    `Raised the pass rate in mathematics from {52-66} % to {78-93} %|Wrote a reading course now used by {3-14} schools|Started a robotics
     club that reached the national finals|Mentored {5-15} new teachers|Turned around a department with high absence`,
    `Taught {18-26} hours a week|Supervised exams|Prepared worksheets|Organised the school trip|Covered for absent colleagues`,
  ]),
  trade('logistics', [
    'Logistics',
    'Supply Chain Management',
    'Warehouse Clerk|Shift Supervisor|Operations Planner|Operations Manager|Regional Director',
    'route planning|SAP|lean methods|customs rules|cold chain|team leadership|safety training|inventory control',
    `Raised on-time delivery from {81-89} % to {95-99} %|Planned the move of a {12-40},000 m² warehouse over one weekend|Cut accidents to
     zero for {300-900} days|Renegotiated freight contracts, saving {6-18} %|Introduced cross-docking at {2-8} sites`,
    `Picked and packed orders|Counted stock each month|Planned shifts for a team of {6-15}|Prepared customs papers|Drove a
     forklift on the night shift`,
  ]),
  trade('finance', [
    'Capital',
    'Accounting',
    'Accounting Clerk|Accountant|Senior Accountant|Financial Controller|Chief Financial Officer',
    'IFRS|Excel|month-end close|audit preparation|cash forecasting|tax returns|ERP roll-out|budgeting',
    `Shortened the month-end close from {10-15} days to {3-6}|Led the ERP roll-out in {3-9} countries on budget|Found and stopped
     a payment fraud|Raised {8-45} million EUR of credit at better terms|Passed {2-6} audits without a finding`,
    `Entered supplier invoices|Reconciled bank statements|Prepared VAT returns|Answered auditors' questions|Chased unpaid
     invoices`,
  ]),
  trade('design', [
    'Studio',
    'Interaction Design',
    'Junior Designer|Product Designer|Senior Product Designer|Design Lead|Head of Design',
    'user research|prototyping|design systems|accessibility|Figma|usability tests|typography|workshop facilitation',
    `Raised sign-up completion from {38-52} % to {61-78} %|Built a design system used by {8-40} teams|Made the banking app pass WCAG AA|Ran
     {40-160} user interviews and changed the roadmap with them|Won a national design prize for a ticket machine`,
    `Drew icons and banners|Prepared slides for the sales team|Updated the component library|Took notes in user tests|Resized
     pictures for campaigns`,
  ]),
];

/** What people of any trade may have done besides. */
export const generalWins =
  list(`Hired and grew a team from {2-4} to {7-18}|Took over a stalled project and finished it {2-9} weeks
  early|Cut yearly costs by {5-22} %|Wrote the handbook that new colleagues still start with|Brought complaints down by
  {20-60} %|Spoke for the team at {2-6} trade conferences|Ran the budget of {1-9} million EUR without overspending`);

export const generalDuties =
  list(`Took the minutes of the weekly meeting|Covered the front desk on {2-4} afternoons a week|Kept
  the shared folders in order|Supported a colleague on parental leave for {3-12} months|Answered about {10-60} mails a day|
  Sat in on interviews|Looked after {1-4} interns each summer`);

export const strongNotes = list(`References call this person the best hire of their year.|Promoted twice ahead of
  schedule.|Explains hard things simply; the panel was impressed.|Asked sharper questions about the role than we did.|
  Former managers would all hire again.`);

export const middlingNotes =
  list(`Solid, if unremarkable, interview.|Good with people; depth is harder to judge.|Prefers to
  stay in the present city.|Has done the job, but never owned it.|Notice period of three months.|Would need some guidance
  in the first half year.`);

export const weakNotes = list(`Could not describe any own contribution.|Came late and had not read the job description.|
  Left the last three places within a year each.|The work sample was copied from a public tutorial.|Gaps in the history
  were not explained when asked.`);

export const contradictions =
  list(`CV claims a team of twelve, the reference remembers two.|The stated years of experience
  do not fit the history below.|Calls every listed skill expert level, but could not answer a beginner's question on any.|Glowing reference, dismissed for cause from the
  same place.|Degree listed as finished, the school has no record of it.|Two full-time jobs overlap, both said to be on site.`);

export const changerNotes =
  list(`Moved over on own savings after an evening course.|Brings a network from the old trade, little
  practice in the new one.|Finished a bootcamp with distinction last autumn.|Built two small projects in the new field for
  neighbours.|Accepts a junior title and pay.`);

/** Failures that are like no other: sentences put together from many unrelated subjects, faults and questions. */

/** Each a noun phrase from another field. */
export const noiseSubjects =
  `tide tables|harpsichord tuning|the offside rule|sourdough starters|Byzantine coins|jet lag|knitting gauges
crossword grids|beekeeping laws|volcanic ash|opera libretti|tax residency|cricket scoring|origami cranes|shoe sizes|lunar eclipses
chess endgames|sonnet metre|subway maps|dental implants|whale song|parking permits|tea grades|font kerning|cave paintings|yoga poses
medieval guilds|traffic lights|pollen counts|wine corks|perfume notes|dog breeds|paper folding|bridge bidding|coral bleaching
elevator shafts|sign language|stamp collecting|desert irrigation|violin bows|jury selection|hot air balloons|pension funds|snowflakes
bread ovens|satellite orbits|folk dances|antique clocks|password managers|garden hedges|marathon pacing|cheese rinds|fossil ferns
kite strings|bus timetables|dream journals|glass blowing|adoption papers|sea shanties|blood groups|concrete curing|haiku seasons
mountain huts|airline meals|puppet theatres|inkjet nozzles|horse gaits|library fines|silk moths|radio call signs|rain gutters
ballet slippers|peat bogs|lottery odds|soap bubbles|fire drills|hearing aids|maple syrup|rope knots|census forms|pottery glazes
street names|frog calls|boxing weights|museum labels|spice routes|piano pedals|visa stamps|moss lawns|drone licences|salt mines
wedding toasts|river locks|card tricks|thunder distances|tattoo inks|cargo ships|school uniforms|owl pellets|roof thatch
coin tosses|carnival masks|bicycle gears|ice cores|recipe scaling|bird rings|stage lighting|sun dials|oyster beds|chimney drafts`
    .split(/[|\n]/)
    .map((each) => each.trim());

/** What is wrong, in as many ways; `{s}` and `{t}` are subjects. */
export const noiseFaults =
  `mistakes {s} for {t}|calls {s} cheap, which nobody who knows {t} would say|the tone about {s} is rude
rhymes {s} with {t} badly|its advice on {s} is out of date|describes the colour of {s} where their smell was of interest
gives {s} a gender|the table of {s} has its columns swapped with {t}|plays down the risk that {s} carry for {t}
spells the name of {s} three ways|its joke about {s} falls flat|contradicts itself about {s} in the second paragraph
the metaphor of {s} and {t} is mixed|the ranking puts {s} above {t} for no reason|is vague about who pays for {s}
leaves the reader to guess how {s} touch {t}|the analogy between {s} and {t} limps|the hint about {s} gives the riddle away
sounds like an advertisement for {s}|the emoji next to {s} are out of place|treats {s} as a sport|talks down to people who like {t}
the chorus repeats {s} too often|its plan for {s} needs tools that were ruled out|forgets the children among those who use {t}
the role of {s} is played as a villain|the map places {s} on the wrong side of {t}|cannot tell cause from effect with {s} and {t}
overrates {s} by a wide margin|the variable for {s} shadows that of {t}|the query joins {s} twice|sorts {s} by hand
the legend says {t}, the chart shows {s}|asks back about {s} though all was said|the greeting mentions {s} to a mourner
the moral drawn from {s} is cynical|the price of {s} is in a currency nobody uses|the diagram of {t} hides {s}
its pun on {s} offends|confuses the inventor of {s} with a dealer in {t}|credits {t} for what {s} did
the timeline has {s} after {t}|the experiment with {s} lacks a control|the sample of {s} is far too small for {t}
puts {s} in the passive voice throughout|the second speaker never mentions {t}|takes {s} literally, it was irony
guesses the age of {s}|the probability of {s} is above one|the proof about {s} is circular|the regular expression for {t} eats {s}
its recommendation of {s} ignores an allergy|the password for {s} is printed|loses count of {s} on a second page of {t}`
    .split(/[|\n]/)
    .map((each) => each.trim());

export const noiseEndings =
  `|, which spoils it|; a reader would notice|, in the second half|, against the style guide| at once|, as before
 and says so proudly|, with no example|, minor|; see the remark on {t}|, unlike the reference|, and {t} are not mentioned|, twice
; half a point off| for an audience of experts|, though the start was good|, which changes the verdict|; odd| in passing`.split(
    /[|\n]/,
  );

export const noisePrompts =
  `Explain {s} to a beginner.|Compare {s} with {t}.|What should I know about {s} before I buy any?
Who first wrote about {s}?|Plan a lesson on {s}.|Write a dialogue between a fan of {s} and an expert in {t}.
Is it true that {s} depend on {t}?|Draft a letter to the council about {s}.|Which {s} would you choose, and why?
Make a checklist for {s}.|Debug my spreadsheet of {s}.|Give pros and cons of {s}.|How do {s} and {t} affect one another?
Suggest a title for a talk on {s}.|What is the history of {s}?|Interview me about {s}.|Sort these notes about {s} and {t}.
What would happen without {s}?|Write a riddle whose answer is {s}.|How can I earn money with {s}?|Review my essay on {s}.
Estimate how many {s} there are in a town.|Paint {s} in words.|Why do people dislike {s}?|Explain the joke about {s} and {t}.`
    .split(/[|\n]/)
    .map((each) => each.trim());

export const noiseCategories = ['qa', 'creative', 'reasoning', 'code', 'math', 'other'];

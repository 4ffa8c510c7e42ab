/** Sizes, times and rates as short texts. */

const one = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const moment = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** "98.4 MB": decimal units, as file managers show them. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 100 ? one.format(value) : whole.format(value)} ${units[unit]}`;
}

/** "8 s", "3 min 20 s", "2 h 05 min", "3 d 4 h", from seconds. */
export function durationText(seconds: number): string {
  const all = Math.max(0, Math.round(seconds));
  if (all < 60) return `${all} s`;
  const [days, hours, minutes] = [
    Math.floor(all / 86_400),
    Math.floor((all % 86_400) / 3600),
    Math.floor((all % 3600) / 60),
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${String(minutes).padStart(2, '0')} min`;
  return all % 60 === 0 || minutes >= 10 ? `${minutes} min` : `${minutes} min ${all % 60} s`;
}

/** "12.3" below 100, "1,240" above. */
export const rateText = (perSecond: number): string => (perSecond < 100 ? one : whole).format(perSecond);

/** "1.2M": for sums whose last digits say nothing. */
export const roughText = (count: number): string => (Math.abs(count) < 10_000 ? whole : compact).format(count);

/** USD; what is less than a cent keeps two digits that count. */
export function costText(usd: number): string {
  if (usd === 0) return '$0';
  return usd >= 0.01 ? `$${usd.toFixed(2)}` : `$${Number(usd.toPrecision(2))}`;
}

/** "21 Nov 2026, 15:20", from unix seconds. */
export const momentText = (unixSeconds: number): string => moment.format(unixSeconds * 1000);

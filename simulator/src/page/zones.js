// Converts between times and what the clocks of a time zone show.

export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export const zones = [...new Set([ownZone, "UTC", ...Intl.supportedValuesOf("timeZone")])].sort();

// A zone that this browser doesn't know is replaced by its own.
export const known = (zone) => (zones.includes(zone) ? zone : ownZone);

// The zone's offset from UTC at this time, in milliseconds.
function offset(time, zone) {
  const fields = ["year", "month", "day", "hour", "minute", "second"].map((name) => [name, "numeric"]);
  const format = new Intl.DateTimeFormat("en-US", { ...Object.fromEntries(fields), hourCycle: "h23", timeZone: zone });
  const shown = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  const { year, month, day, hour, minute, second } = shown;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1000) * 1000;
}

// The format of a datetime-local field, to the minute; empty for a time that no such field can show.
export function toField(time, zone) {
  try {
    return new Date(time + offset(time, zone)).toISOString().slice(0, 16);
  } catch {
    return "";
  }
}

// The time, in milliseconds since 1970, at which the zone's clocks show what is in the field.
export function fromField(text, zone) {
  const asUtc = Date.parse(`${text}Z`);
  // Twice, because the offset at the first guess may differ from the one at the time itself.
  const guess = asUtc - offset(asUtc, zone);
  return asUtc - offset(guess, zone);
}

/** The state of the page in its address: #tab=window&k=3... What has its default is left out. */

/** The parameters behind the # of the address. */
export const parameters = (): URLSearchParams => new URLSearchParams(location.hash.slice(1));

/** Numbers, commas and names are readable as they are. */
export function hashOf(entries: Readonly<Record<string, string | undefined>>): string {
  const parts = Object.entries(entries).flatMap(([key, value]) =>
    value === undefined
      ? []
      : [`${key}=${encodeURIComponent(value).replace(/%(2C|3B|7C|2F|3A)/g, decodeURIComponent)}`],
  );
  return parts.length === 0 ? '' : `#${parts.join('&')}`;
}

function plainSpellings(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const percent = encodeURIComponent(value);
  const json = JSON.stringify(value).slice(1, -1);
  return [
    value,
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    percent,
    percent.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()),
    new URLSearchParams({ k: value }).toString().slice(2),
    json,
    json.replaceAll('/', '\\/'),
    JSON.stringify(json).slice(1, -1),
  ];
}

/** Says the value in every way, as values, as keys and as text. */
export function echoOf(value: string): string {
  const base64 = ['', 'x', 'xy', 'user:'].map((before) => Buffer.from(`${before}${value}z`).toString('base64'));
  const all = [
    ...plainSpellings(value),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ];
  return JSON.stringify({ all, [value]: 'as a key', text: all.join(' | '), nested: [{ header: `Bearer ${value}` }] });
}

/** What nobody may find afterwards: the spellings, and of base64 the characters that hold the value's bits alone. */
export function traces(value: string): readonly string[] {
  const base64 = [0, 1, 2].map((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset, 'x'), Buffer.from(value)]).toString('base64');
    return padded.replace(/=+$/, '').slice(offset === 0 ? 0 : offset + 1, -1);
  });
  return [...plainSpellings(value), ...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))];
}

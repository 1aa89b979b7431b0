const namesMax = 5;

/** The first names, and how many more there are. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, namesMax).join(', ');
  return names.length > namesMax ? `${shown} and ${names.length - namesMax} more` : shown;
}

export function noun(count: number, word: string): string {
  return count === 1 ? word : `${word}s`;
}

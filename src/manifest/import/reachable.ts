/** The names from which one begins, and whatever steps lead to from there. */
export function reachable(starts: Iterable<string>, next: (name: string) => Iterable<string>): ReadonlySet<string> {
  const reached = new Set(starts);
  for (const name of reached) for (const to of next(name)) reached.add(to);
  return reached;
}

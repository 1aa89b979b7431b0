/**
 * The place that a place is inside of: the list of an item, the nested system of its nodes, who handed work to a
 * delegate or to another agent, what a review is of; undefined: it stands in the run's own graph. Further cycles, turns
 * and attempts stand beside the first.
 */
export function parentOf(place: string): string | undefined {
  if (place.endsWith('/review')) return place.slice(0, -'/review'.length);
  const from = Math.max(...['>', ':', '^'].map((separator) => place.lastIndexOf(separator)));
  const list = place.indexOf('[', from + 1);
  if (list !== -1) return place.slice(0, list);
  return from === -1 ? undefined : place.slice(0, from);
}

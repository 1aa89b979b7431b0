/** Works something out once for each object, for as long as the object lives. */
export function kept<T extends object, R>(make: (of: T) => R): (of: T) => R {
  const known = new WeakMap<T, { readonly made: R }>();
  return (of) => {
    let entry = known.get(of);
    if (entry === undefined) known.set(of, (entry = { made: make(of) }));
    return entry.made;
  };
}

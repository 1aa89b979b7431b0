/** Whether a name is what a glob names: `*` stands for any characters, `?` for one. In time linear in both. */
export function matchesGlob(glob: string, name: string): boolean {
  let at = 0;
  let position = 0;
  let star: { readonly at: number; position: number } | undefined;
  while (position < name.length) {
    const wanted = glob[at];
    if (wanted === '*') {
      star = { at, position };
      at += 1;
    } else if (wanted === '?' || wanted === name[position]) {
      at += 1;
      position += 1;
    } else if (star === undefined) return false;
    else {
      // What the last star stands for grows by one: an earlier one need not be tried again.
      star.position += 1;
      at = star.at + 1;
      position = star.position;
    }
  }
  while (glob[at] === '*') at += 1;
  return at === glob.length;
}

export function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}

/** A path of `pawl.yaml` in the one spelling that trees are asked by: without `.` and empty parts; `''` is the root. */
export function treePath(path: string): string {
  return path
    .split('/')
    .filter((part, index) => part !== '.' && (part !== '' || index === 0))
    .join('/');
}

/** `namespace/name` of what a reference in a manifest of `namespace` means. */
export function qualify(reference: string, namespace: string): string {
  return reference.includes('/') ? reference : `${namespace}/${reference}`;
}

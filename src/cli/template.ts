/** What one template adds to the files that every repository gets. */
export interface Template {
  /** The words after `pawl run` that run it. */
  readonly run: string;
  readonly about: string;
  /** Where its manifests lie. */
  readonly folders: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

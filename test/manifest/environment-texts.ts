import { at, manifest, resolveTexts, type ResolveOptions } from './manifests.ts';

export type Texts = Readonly<Record<string, string>>;

export const wrong = (files: Texts, options: ResolveOptions = {}) =>
  resolveTexts(files, options).problems.filter(
    ({ code }) => code !== 'manifest.unused' && code !== 'manifest.unsupported',
  );

export const said = (files: Texts, options: ResolveOptions = {}) =>
  wrong(files, options).map((problem) => [`${problem.file} ${at(problem)}`, problem.message, problem.help]);

export const model = manifest(
  'ModelEndpoint',
  'fast',
  '{provider: openaiCompatible, model: small-1, baseUrl: "https://models.example.com/v1"}',
);

export const agent = (name: string, spec = '', metadata = '') =>
  manifest('Agent', name, { spec: `{modelRef: fast, prompt: Hi.${spec}}`, metadata });

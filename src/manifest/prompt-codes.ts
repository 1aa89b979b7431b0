import type { CodeDoc } from './problem.ts';

/** What can be wrong with prompts, the libraries that they are taken from, and the inputs that fill them in. */
export const promptCodes = {
  'prompt.syntax': {
    title: 'Braces that mean nothing',
    cause: 'A `{{` is not closed, or what stands between the braces is neither an input nor a fragment.',
    cure: 'Write `{{ name }}`, `{{> library/key }}`, or `\\{{` for the characters themselves.',
  },
  'prompt.undeclared': {
    title: 'Placeholder without an input',
    cause: 'A prompt, or a fragment in it, has a placeholder that the agent does not declare in `inputs`.',
    cure: 'Declare the input, or correct the name.',
  },
  'prompt.unused_input': {
    title: 'Input that no placeholder shows',
    cause: 'The agent declares an input and its prompt never shows it.',
    cure: 'Write its placeholder into the prompt, or remove the input.',
  },
  'prompt.cycle': {
    title: 'Fragments in a circle',
    cause: 'A text of a library takes itself in, directly or through others.',
    cure: 'Take the text that both need out into one of its own.',
  },
  'prompt.depth': {
    title: 'Fragments nested too deep',
    cause: 'A fragment takes in a fragment, and so on, for more than eight levels.',
    cure: 'Write some of them out.',
  },
  'limits.prompt_bytes': {
    title: 'Prompt too long',
    cause: 'A prompt has more than 128 KiB once its fragments are taken in.',
    cure: 'Shorten it, or take in less.',
  },
  'reference.prompt_key': {
    title: 'Key not in the library',
    cause: 'The PromptLibrary has no text of this key.',
    cure: 'Correct the key, or add the text to the library.',
  },
  'defaults.duplicate': {
    title: 'Defaults twice',
    cause: 'Two Defaults are of one environment, or of one namespace: which of them holds could not be told.',
    cure: 'Join the two, or change the `scope` of one.',
  },
  'defaults.no_model': {
    title: 'Agent without a model',
    cause: 'The agent names no model, and no Defaults that reaches it does.',
    cure: 'Add `modelRef` to the agent, or to the Defaults of its namespace or environment.',
  },
} as const satisfies Record<string, CodeDoc>;

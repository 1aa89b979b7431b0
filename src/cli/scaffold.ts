import { actionPlaceholder } from './action-reference.ts';
import { editorSchema, editorSchemaPath } from '../manifest/editor-schema.ts';
import { ignoreText, plain, settingsHead } from './settings-text.ts';
import type { Template } from './template.ts';
import { minimal } from './template-minimal.ts';
import { reviewLoop } from './template-review-loop.ts';
import { triage } from './template-triage.ts';

export type TemplateName = 'minimal' | 'triage' | 'review-loop';

export const templates: Readonly<Record<TemplateName, Template>> = { minimal, triage, 'review-loop': reviewLoop };

/**
 * The files of a new repository, by their paths from its root: small, and each with the one comment that its reader
 * needs first. `folder` is where the manifests go, '' for the root: pawl.yaml is read at the root and nowhere else.
 * `action` is where the workflow finds pawl's GitHub Action.
 */
export function scaffold(
  template: Template,
  folder: string,
  action = actionPlaceholder,
): Readonly<Record<string, string>> {
  const manifests = Object.entries(template.files).map(([path, content]) => inFolder(folder, path, content));
  return {
    'pawl.yaml': withModeline('pawl.yaml', settings(template.folders.map((name) => below(folder, name)))),
    '.gitignore': ignoreText,
    ...Object.fromEntries(manifests),
    [below(folder, 'README.md')]: readme(template),
    [workflowPath]: workflow(action),
    [editorSchemaPath]: editorSchema(),
  };
}

function inFolder(folder: string, path: string, content: string): readonly [string, string] {
  const place = below(folder, path);
  const isManifest = path.endsWith('.yaml') && !path.endsWith('.script.yaml');
  return [place, isManifest ? withModeline(place, content) : content];
}

export function below(folder: string, path: string): string {
  return folder === '' ? path : `${folder}/${path}`;
}

/** What editors with the YAML language server read: completion and explanations, without a network. */
function withModeline(path: string, content: string): string {
  const up = '../'.repeat(path.split('/').length - 1);
  return `# yaml-language-server: $schema=${up}${editorSchemaPath}\n${content}`;
}

function settings(folders: readonly string[]): string {
  return `${settingsHead}environments:
  - name: production
    branch: main
    paths: [${folders.map(plain).join(', ')}]
    # What is merged is applied. With \`manual\`, a person runs \`pawl apply\`.
    apply: auto
`;
}

function readme({ about, run }: Template): string {
  return `# Agents

${about}

\`\`\`sh
pawl validate # everything wrong, with its place and its cure
pawl plan     # what the commit would change
pawl apply    # make it live; the first time with --ack bootstrap
pawl run ${run}
pawl trace latest
\`\`\`

The model answers from a script in \`models/\`, so none of this needs a key. \`pawl explain Agent.spec\` documents the
fields of a kind, and editors complete them from \`${editorSchemaPath}\`. After an update of pawl, write that file anew:

\`\`\`sh
pawl schema > ${editorSchemaPath}
\`\`\`
`;
}

export const workflowPath = '.github/workflows/pawl.yaml';

// No repository variable says where the action is: GitHub gives those to no pull request of a fork.
function workflow(action: string): string {
  const toDo =
    action === actionPlaceholder
      ? '      # Replace this by the repository on GitHub that your pawl is from, and the commit of it that you have looked at.\n'
      : '';
  return `# Shows each pull request what it would change and newly allow. Nothing here has, or needs, a secret.
name: pawl
on: [pull_request]
permissions:
  contents: read
jobs:
  plan:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    steps:
      - uses: actions/checkout@v4
        with:
          # The merge, and the commit that it is compared with.
          fetch-depth: 2
          persist-credentials: false
${toDo}      - uses: ${action}
`;
}

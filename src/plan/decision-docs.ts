import type { CodeDoc } from '../manifest/problem.ts';
import { riskNames } from '../manifest/risk-codes.ts';
import type { GuardRefusal } from './guard.ts';

const agree = 'Look at the lines that the plan names. Whoever may agrees with `pawl ack <id> --plan <digest>`';
const risk = (title: string, cause: string, who: string): CodeDoc => ({
  title,
  cause,
  cure: `${agree}: by default ${who}; \`approvals\` of pawl.yaml says otherwise.`,
});
const notice = (title: string, cause: string): CodeDoc => ({
  title,
  cause,
  cure: 'Look at the lines that the plan names. It is shown and refuses nothing.',
});
const guard = (title: string, cause: string, cure = `${agree}, or make the change smaller.`): CodeDoc => ({
  title,
  cause,
  cure,
});

/** What R1 to R13 are, in their order. */
const risks: readonly CodeDoc[] = [
  risk(
    'A call becomes possible',
    'The gate lets through what it denied, or what no single call shows becomes looser: a condition, a rate, a URL, arguments.',
    'the group security',
  ),
  risk(
    'A call no longer waits for a person',
    'A rule that asked somebody asks nobody, or fewer people.',
    'the group security',
  ),
  risk(
    'A policy no longer reaches somebody',
    'An agent leaves what a policy aims at, or the policy is deleted or no longer enforced.',
    'the group security',
  ),
  risk('More may be spent', 'A ceiling of tokens, steps, calls, time or money rises or goes.', 'the owner'),
  risk('Calls reach a new destination', 'A host is newly called or may newly be connected to.', 'the group security'),
  risk(
    'Something else is executed',
    'A command, an image, a module, its environment or its isolation is another.',
    'the group platform',
  ),
  risk('A secret is newly read', 'Calls of an agent newly send a key of a Secret.', 'the owner of the secret'),
  notice('Another model answers', 'The provider, the model, its parameters or its address changes.'),
  notice('More starts a run', 'A schedule starts more often, or a webhook takes more.'),
  risk(
    'Data is lost or kept elsewhere',
    'A memory is deleted or kept elsewhere, or a system or a task goes together with what depends on it.',
    'the owner',
  ),
  notice(
    'A text for models deserves a look',
    'It brings hidden characters, phrases that override, new URLs, or base64.',
  ),
  risk(
    'A tool tells models something else of itself',
    'Its description, its schemas or its pin is another. Arguments that are only narrowed, without a new word, are a notice.',
    'the group platform',
  ),
  risk(
    'The change bears on who judges the next one',
    'It changes pawl.yaml, owners, approvers or protection. The rules from before it judge it.',
    'the group security',
  ),
];

const others: Readonly<Record<GuardRefusal['id'] | 'bootstrap', CodeDoc>> = {
  bootstrap: risk(
    'The first apply of an environment',
    'Nothing was applied here before: all of it goes live at once.',
    'the group security',
  ),
  'guard.deletes': guard(
    'Much is deleted at once',
    'The plan deletes more than `maxDeletes`, and more than `maxDeletePercent` of what is live.',
  ),
  'guard.updates': guard(
    'Much is changed at once',
    'The plan updates and moves more than `maxUpdates`, and more than `maxUpdatePercent` of what is live.',
  ),
  'guard.kind_emptied': guard(
    'All of a kind goes',
    'Two or more resources of a kind were live, and none would be left.',
  ),
  'guard.namespace_emptied': guard(
    'All of a namespace goes',
    'Two or more resources of a namespace were live, and none would be left.',
  ),
  'guard.source_shrunk': guard(
    'Half of the files is gone',
    'The plan deletes, and half or less of the manifest files of the last applied commit is left.',
  ),
  'guard.live_runs': guard(
    'What is deleted is in use',
    'Runs that have not ended use it.',
    `${agree}, or wait until they ended.`,
  ),
  'guard.protected': guard(
    'What is deleted is protected',
    'It says so by annotation, or pawl.yaml protects its kind.',
    'No acknowledgement helps: take the protection away in one merge, and delete it in the next.',
  ),
  'review.changed': guard(
    'Not what was reviewed',
    'What was merged does more than the plans of its pull requests showed, or nobody can compare them.',
    `${agree}, or revert it.`,
  ),
  'review.unanswered': guard(
    'Nobody knows yet what was reviewed',
    'The forge has not said which pull requests brought the commits.',
    `It goes on when the forge answers. ${agree}.`,
  ),
};

/** What a plan asks somebody to agree to, by what it calls it: `R4`, `R4-0fae`, `budget.widened`, `guard.deletes`. */
export function decisionDoc(subject: string): { readonly name: string; readonly doc: CodeDoc } | undefined {
  const [, number = ''] = /^R(\d{1,2})(?:-[0-9a-f]+)?$/.exec(subject) ?? [];
  const at = number === '' ? riskNames.indexOf(subject) : Number(number) - 1;
  const [doc, name] = [risks[at], riskNames[at]];
  if (doc !== undefined && name !== undefined) return { name: `R${at + 1} ${name}`, doc };
  const other = isOther(subject) ? others[subject] : undefined;
  return other === undefined ? undefined : { name: subject, doc: other };
}

function isOther(subject: string): subject is keyof typeof others {
  return Object.hasOwn(others, subject);
}

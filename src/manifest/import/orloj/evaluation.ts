import type { JsonObject } from '../../json.ts';
import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { foreignKey } from '../foreign-estate.ts';
import { given } from '../given.ts';
import { durationText, goDurationMs } from '../go-duration.ts';
import { answerOf } from './agent-answer.ts';
import { evalDatasetFields, evalRunFields } from './eval-fields.ts';
import { conditionOf } from './output-condition.ts';
import { orlojVersions } from './orloj-metadata.ts';
import { nameKey, orlojName } from './orloj-name.ts';
import { namesOf } from './graph-nodes.ts';
import { routeGraphOf } from './route-graph.ts';
import { quoted } from './cel-text.ts';
import { writtenText } from './written-text.ts';

/** Inputs with what is expected of them. */
export const evalDataset: ForeignKind = {
  kind: 'EvalDataset',
  apiVersions: orlojVersions,
  fields: evalDatasetFields,
  rules: datasetRules,
  fate: { fate: 'referenced', reason: 'Its samples become the cases of each EvalRun that names it.' },
};

/** A system tried on a dataset. */
export const evalRun: ForeignKind = {
  kind: 'EvalRun',
  apiVersions: orlojVersions,
  fields: evalRunFields,
  fate: { fate: 'mapped', becomes: 'Eval', convert },
};

function datasetRules({ spec }: ForeignDocument): void {
  const samples = spec.get('samples').items();
  if (samples.length === 0) spec.refuse({ code: 'import.schema', message: 'The dataset has no sample.' });
  const seen = new Set<string>();
  for (const sample of samples) {
    const name = sample.get('name');
    const key = nameKey(writtenText(name));
    if (seen.has(key)) name.refuse({ code: 'import.schema', message: 'Another sample has this name.' });
    seen.add(key);
    if (sample.get('input').entries().length === 0)
      sample.refuse({ code: 'import.schema', message: 'The sample has no `input`.' });
  }
}

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  const overrides = [spec.get('model_endpoint_override'), spec.get('agent_overrides')].filter(({ exists }) => exists);
  for (const node of overrides)
    node.refuse({
      message: 'pawl tries systems as their manifests say, and not with other models or prompts.',
      help: 'Change them on a branch: its plan compares the Evals of both.',
    });
  const dataset = datasetOf(spec.get('dataset_ref'), conversion);
  const system = spec.get('system');
  const name = orlojName(system.text() ?? '');
  const systemRef = conversion.refer(system, { kinds: ['AgentSystem'], ...name, as: 'AgentSystem' });
  const result = resultOf(system, conversion);
  if (dataset === undefined || result === undefined) return;
  const scoring = spec.get('scoring');
  scoring.json();
  const cases = dataset.spec
    .get('samples')
    .items()
    .map((sample) => caseOf(sample, { scoring, result }));
  spec.flag('import.default_limit', 'Orloj reports how many cases pass; here all must (`threshold: 1`).');
  const description = dataset.spec.get('description').text();
  const timeout = timeoutOf(spec.get('timeout'));
  conversion.become(
    document,
    given({ description, systemRef, cases: named(cases, conversion), threshold: 1, timeout }),
  );
}

function datasetOf(node: ForeignNode, { estate }: Conversion): ForeignDocument | undefined {
  const written = node.text() ?? '';
  const { namespace = node.document.namespace, name } = orlojName(written);
  const dataset = estate.find(foreignKey('EvalDataset', namespace, name), node.document);
  if (dataset !== undefined && !dataset.isRefused) return dataset;
  const message = `The EvalDataset \`${shownText(written)}\` is in none of the files, or could not be imported.`;
  const help = 'Import the file that declares it in the same command.';
  node.refuse({ code: 'import.depends', message, help });
  return undefined;
}

/** The last agent of a system: what Orloj takes for its output. */
interface Result {
  readonly read: string;
  readonly answer: ReturnType<typeof answerOf>;
}

function resultOf(node: ForeignNode, conversion: Conversion): Result | undefined {
  const { estate } = conversion;
  const { namespace = node.document.namespace, name } = orlojName(writtenText(node));
  const system = estate.find(foreignKey('AgentSystem', namespace, name), node.document);
  if (system === undefined) return undefined;
  const graph = routeGraphOf(system);
  const { nodes, reached } = graph;
  const last = [...nodes].filter(([key, { routes }]) => reached.has(key) && routes.length === 0);
  const [only] = last;
  if (only === undefined || last.length > 1) {
    const message = 'No single agent ends the system, so that what is expected has no one output to look at.';
    node.refuse({ message, help: 'Let all ways of the system lead to one last agent.' });
    return undefined;
  }
  const target = orlojName(only[1].name);
  const agent = estate.find(foreignKey('Agent', target.namespace ?? namespace, target.name), node.document);
  return {
    read: `output[${quoted(namesOf(graph, conversion).get(only[0]) ?? only[0])}]`,
    answer: answerOf(agent?.spec),
  };
}

interface Sampling {
  /** Of the run; a sample may say its own. */
  readonly scoring: ForeignNode;
  readonly result: Result;
}

function caseOf(sample: ForeignNode, { scoring, result }: Sampling): JsonObject {
  const own = sample.get('scoring');
  refuseStrategy(own.exists ? own : scoring, sample, scoring);
  const expected = sample.get('expected');
  const expr = conditionOf(expected, result.answer, result.read);
  return {
    name: sample.get('name').text() ?? '',
    input: sample.get('input').textMap(),
    expect: { expr: expr ?? 'false' },
  };
}

function refuseStrategy(scoring: ForeignNode, sample: ForeignNode, run: ForeignNode): void {
  const strategy = scoring.get('strategy');
  const text = strategy.text() ?? 'exact_match';
  if (text === 'exact_match') return;
  const message = `pawl compares outputs with what is expected, and has no scoring by \`${shownText(text)}\`.`;
  const help = 'Write what the output must hold into `expected`, and score it as `exact_match`.';
  const at = run.document === strategy.document ? strategy : run.document.spec.get('dataset_ref');
  if (!at.document.isRefused)
    at.refuse({ message: `${message} Sample \`${shownText(writtenText(sample.get('name')))}\`.`, help });
}

function named(cases: readonly JsonObject[], { estate }: Conversion): readonly JsonObject[] {
  const taken = new Set<string>();
  return cases.map((one) => {
    const plain = estate.plainName(writtenText({ value: one['name'] }));
    let name = plain;
    for (let count = 2; taken.has(name); count += 1) name = `${plain.slice(0, 60)}-${count}`;
    taken.add(name);
    return { ...one, name };
  });
}

function timeoutOf(node: ForeignNode): string | undefined {
  const written = node.text()?.trim() ?? '';
  const ms = written === '' ? undefined : goDurationMs(written);
  if (written !== '' && ms === undefined)
    node.refuse({ code: 'import.schema', message: 'This is no duration as Go writes it.' });
  return ms === undefined || ms === 0 ? undefined : durationText(ms);
}

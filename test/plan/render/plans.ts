import type { Resource } from '../../../src/manifest/resource.ts';
import { noAccessChanges } from '../../../src/plan/access.ts';
import { plan as judged } from '../../../src/plan/plan.ts';
import type { Plan } from '../../../src/plan/change.ts';
import { renderText } from '../../../src/plan/render/text.ts';
import { noSections } from '../../../src/plan/section.ts';
import { agent, historyOf, inSync, liveOf, model, optionsOf, role, snapshotOf, system, tool } from '../fixture.ts';

/** What is made of changes alone: how the rest of a plan is judged is the business of other tests. */
const plan = (...inputs: Parameters<typeof judged>): Plan => ({
  ...judged(...inputs),
  access: noAccessChanges,
  sections: noSections,
  risks: [],
  guards: [],
  digest: 'd1'.repeat(32),
  rulesDigest: 'e2'.repeat(32),
  priceDigest: 'f3'.repeat(32),
});

const prompt = (style: string) =>
  ['You answer tickets.', 'Read them twice.', 'Be kind.', 'Cite the manual.', `Be ${style}.`, 'Sign off.', ''].join(
    '\n',
  );
export const resources = (style = 'brief', maxSteps = 10): Resource[] => [
  model('small'),
  model('spare'),
  tool('search', { operation: ['read'], description: 'Finds pages.' }),
  role('support', ['tool:search:read']),
  agent('writer', {
    tools: [{ toolRef: 'search' }],
    roles: ['support'],
    prompt: prompt(style),
    limits: { maxSteps, maxToolCalls: 50, timeout: '5m' },
  }),
  system('triage', { draft: { agentRef: 'writer', edges: [] } }),
];

const bundlesOf = (all: Resource[]) =>
  new Map(plan(snapshotOf(all), liveOf([]), optionsOf([])).bundles.map((one) => [one.system, one.digest]));
export const first = plan(snapshotOf(resources()), liveOf([]), optionsOf([]));
export const live = inSync(resources(), { bundles: bundlesOf(resources()) });
export const update = plan(
  snapshotOf([...resources('very brief', 6).filter(({ name }) => name !== 'spare'), model('large')]),
  live,
  optionsOf(resources()),
);
export const text = (made: Plan, width = 80, color = false) => renderText(made, { width, color });

const edited = agent('writer', { prompt: 'By hand.' });
export const drifted = plan(
  snapshotOf(resources()),
  liveOf(
    resources().map((one) => ({
      applied: one,
      live: one.address === edited.address ? edited : one,
      generation: 4,
      touched: one.address === edited.address ? { at: '2026-01-02T03:04:05.000Z', by: 'psql' } : undefined,
    })),
    { bundles: bundlesOf(resources()) },
  ),
  optionsOf([edited]),
);
const [was, by, git] = [10, 20, 6].map((maxSteps) =>
  agent('writer', { prompt: 'Help.', limits: { maxSteps, maxToolCalls: 50, timeout: '5m' } }),
) as [Resource, Resource, Resource];
export const conflict = plan(snapshotOf([git]), liveOf([{ applied: was, live: by }]), optionsOf([was, by]));
export const revert = plan(snapshotOf(resources()), inSync(resources('rude', 3)), {
  ...optionsOf(resources('rude', 3)),
  older: historyOf(resources(), resources('rude', 3)),
});
export const plans = { first, update, drifted, conflict, revert };

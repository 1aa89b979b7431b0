import { expect, test } from 'vitest';
import { importTexts } from '../../../support/import.ts';
import { documents, localModel, orlojAgent, orlojHead } from './orloj-fixture.ts';

const names = ['a', 'b', 'c', 'd', 'e'];

/** What is said of a graph that is written as one line for each agent. */
function said(graph: Readonly<Record<string, string>>): readonly string[] {
  const named = names.filter((name) => new RegExp(`\\b${name}\\b`).test(JSON.stringify(graph)));
  const lines = Object.entries(graph).map(([name, body]) => `    ${name}: ${body}\n`);
  const system = `${orlojHead('AgentSystem', 'team')}spec:\n  agents: [${named.join(', ')}]\n  graph:\n${lines.join('')}`;
  const task = `${orlojHead('Task', 'work')}spec: { system: team, mode: template, max_turns: 9 }\n`;
  const all = documents(localModel, ...named.map((name) => orlojAgent(name)), system, task);
  const imported = importTexts(all);
  expect(imported.said.filter((one) => one.startsWith('refused'))).toEqual([]);
  return imported.said.filter((one) => one.includes('import.graph'));
}

const when = (to: string, word = 'yes') => `{ to: ${to}, condition: { output_contains: "${word}" } }`;
const quorum = (count: number) => `{ join: { mode: quorum, quorum_count: ${count} } }`;
const unreached = (graph: Readonly<Record<string, string>>) =>
  said(graph).filter((one) => one.includes('join.unreached'));

test('a quorum that conditions may leave short is said at its join, with what decides it', () => {
  const ways = { a: '{ next: d }', c: '{ next: d }', e: '{ next: d }' };
  const conditional = { ...ways, a: `{ edges: [${when('d')}, { to: b, condition: { default: true } }] }` };
  expect(unreached({ ...ways, d: quorum(2) })).toEqual([]);
  expect(unreached({ ...conditional, d: quorum(2) })).toEqual([]);
  const short = { ...conditional, c: `{ edges: [${when('d')}] }`, d: quorum(2) };
  expect(unreached(short)).toEqual([expect.stringContaining('fewer than 2')]);
  const behind = { a: `{ edges: [${when('b')}] }`, b: '{ next: d }', c: '{ next: d }', e: '{ next: d }' };
  expect(unreached({ ...behind, e: `{ edges: [${when('d')}] }`, d: quorum(2) })).toHaveLength(1);
});

test('an inbox that may show more than was handed over is said, once for a system', () => {
  const inboxes = (graph: Readonly<Record<string, string>>) =>
    said(graph).flatMap((one) => /`inbox` of (.*) shows/.exec(one)?.slice(1) ?? []);
  const swarm = { a: '{ edges: [{ to: b }, { to: c }, { to: d }] }', b: '{ next: a }', c: '{ next: a }' };
  expect(inboxes(swarm)).toEqual([]);
  expect(inboxes({ ...swarm, b: `{ edges: [${when('a')}] }` })).toEqual(['`a`']);
  const review = { a: '{ next: b }', b: '{ next: c }', c: `{ edges: [${when('b', 'revise')}, ${when('d')}] }` };
  expect(inboxes(review)).toEqual(['`b`']);
  const routed = { a: '{ next: b }', b: `{ edges: [${when('c')}, ${when('d', 'no')}] }` };
  expect(inboxes({ ...routed, c: '{ next: e }', d: '{ next: e }' })).toEqual([]);
  const round = { b: `{ edges: [${when('c')}, ${when('d', 'no')}] }`, c: '{ next: e }', d: '{ next: e }' };
  expect(inboxes({ ...round, e: '{ next: b }', a: '{ next: b }' })).toEqual(['`b`, `e`']);
});

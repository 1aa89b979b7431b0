import { describe, expect, test } from 'vitest';
import { label, mermaid } from '../../../src/plan/render/mermaid.ts';
import { mermaidProblems } from './mermaid-rules.ts';
import { richPlan } from './rich.ts';

const [graph] = richPlan().sections.graphs;
if (graph === undefined) throw new TypeError('the plan has a graph');

describe('a graph for Mermaid', () => {
  test('has ids of its own, quoted labels, and what becomes of each node', () => {
    const { lines } = mermaid(graph);
    expect(lines).toContain('  n0["refund (added)<br/>tool support/refund"]:::added');
    expect(lines).toContain('  n3 ==>|"added#58; when output.amount #60; 50 #124;#124; false"| n0');
    expect(mermaidProblems(lines.join('\n'))).toEqual([]);
  });

  test.each([
    ['"]; click n0', '#34;#93;#59; click n0'],
    ['%%{init: {}}%%', '#37;#37;#123;init#58; #123;#125;#125;#37;#37;'],
    ['`x`', '#96;x#96;'],
    ['#quot;', '#35;quot#59;'],
    ['a\nend', 'a#92;nend'],
    // Mermaid itself drew these as a formula and as an icon although each sign was written as a number.
    ['$$x$$', '#36;#92;u#123;24#125;x#36;#92;u#123;24#125;'],
    ['fa:fa-ban', 'fa#92;u#123;3a#125;fa-ban'],
  ])('%j in a name is only its characters', (name, shown) => {
    expect(label(name)).toBe(shown);
  });

  test('draws at most sixty nodes, those that change before the others, and says what it left out', () => {
    const nodes = Array.from({ length: 200 }, (_, at) => {
      return { name: `s${at}`, kind: 'agent', target: 'a/b', fate: at === 199 ? 'added' : 'same' } as const;
    });
    const { lines, hiddenNodes } = mermaid({ ...graph, nodes, edges: [] });
    expect(lines.filter((line) => line.includes('['))).toHaveLength(60);
    expect(lines[1]).toContain('s199 (added)');
    expect(hiddenNodes).toBe(140);
    expect(label('x'.repeat(100))).toHaveLength(59 + '#8230;'.length);
  });
});

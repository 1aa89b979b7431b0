import { describe, expect, test } from 'vitest';
import { graphOf } from '../support/graphs.ts';
import { Play } from './graph-play.ts';

describe('cycles', () => {
  test('a back edge into a join is not waited for, and begins another turn of it', () => {
    const play = new Play(
      graphOf(`
graph:
  a: {input: {}, edges: [{to: j}]}
  b: {input: {}, edges: [{to: j}]}
  j: {input: {}, edges: [{to: check}]}
  check: {input: {}, edges: [{to: j, when: "true"}, {to: end, default: true}]}
limits: {maxTurns: 5}
`),
    );
    play.end('a', 'b', 'j');
    play.fire('check', 0);
    expect(play.running()).toEqual(['j#2']);
    expect(play.sources('j#2')).toEqual(['check']);
    expect(play.reads('j#2')).toEqual(['a', 'b', 'check', 'j']);
    play.end('j#2');
    play.fire('check#2', 1);
    expect(play.places()).toEqual(['a', 'b', 'check', 'check#2', 'j', 'j#2']);
  });

  test('a cycle through a node with two inputs waits for both of them in each turn', () => {
    const play = new Play(
      graphOf(`
graph:
  s: {input: {}, edges: [{to: plan}]}
  plan: {input: {}, edges: [{to: x}, {to: y}]}
  x: {input: {}, edges: [{to: merge}]}
  y: {input: {}, edges: [{to: merge}]}
  merge: {input: {}, edges: [{to: plan, when: "true"}, {to: end, default: true}]}
limits: {maxTurns: 5}
`),
    );
    play.end('s', 'plan', 'x', 'y');
    play.fire('merge', 0);
    play.end('plan#2', 'y#2');
    expect(play.running()).toEqual(['x#2']);
    play.end('x#2');
    expect(play.running()).toEqual(['merge#2']);
  });

  test('the next turn begins when all that the last one started is at rest', () => {
    const play = new Play(
      graphOf(`
graph:
  s: {input: {}, edges: [{to: t}]}
  t: {input: {}, edges: [{to: work}, {to: log}]}
  work: {input: {}, edges: [{to: t, when: "true"}, {to: end, default: true}]}
  log: {input: {}}
limits: {maxTurns: 5}
`),
    );
    play.end('s', 't');
    play.fire('work', 0);
    expect(play.running()).toEqual(['log']);
    play.end('log');
    expect(play.running()).toEqual(['t#2']);
  });

  const loopAndSide = `
graph:
  s: {input: {}, edges: [{to: t}, {to: side}]}
  side: {input: {}, edges: [{to: j}]}
  t: {input: {}, edges: [{to: work}, {to: other}]}
  other: {input: {}, edges: [{to: inner}]}
  work: {input: {}, edges: [{to: t, when: "true"}, {to: inner, when: "true"}]}
  inner: {input: {}, edges: [{to: j}]}
  j: {input: {}}
limits: {maxTurns: 5}
`;

  test('a join behind a cycle neither hangs nor starts early while it goes round', () => {
    const play = new Play(graphOf(loopAndSide));
    play.end('s', 'side', 't', 'other');
    play.fire('work', 0);
    // `inner` has one input and may have the other in a later turn.
    expect(play.running()).toEqual(['t#2']);
    play.end('t#2', 'other#2');
    play.fire('work#2', 1);
    expect(play.running()).toEqual(['inner']);
    play.end('inner');
    expect(play.running()).toEqual(['j']);
    expect(play.reads('j')).toEqual(['inner', 'other', 's', 'side', 't', 'work']);
    play.end('j');
    expect(play.state.isSettled()).toBe(true);
  });

  test('an inner cycle starts from its first turn again in each turn of the outer one', () => {
    const play = new Play(
      graphOf(`
graph:
  s: {input: {}, edges: [{to: o}]}
  o: {input: {}, edges: [{to: i}]}
  i: {input: {}, edges: [{to: b}]}
  b: {input: {}, edges: [{to: i, when: "true"}, {to: e, default: true}]}
  e: {input: {}, edges: [{to: o, when: "true"}, {to: end, default: true}]}
limits: {maxTurns: 2}
`),
    );
    play.end('s', 'o', 'i');
    play.fire('b', 0);
    play.end('i#2');
    expect(play.state.overTurns('b', [0])).toBe('i');
    play.fire('b#2', 1);
    play.fire('e', 0);
    // Turns count on, the bound counts anew.
    play.end('o#2', 'i#3');
    expect(play.state.overTurns('b', [0])).toBeUndefined();
    play.fire('b#3', 0);
    play.end('i#4');
    play.fire('b#4', 1);
    play.fire('e#2', 1);
    expect(play.state.isSettled()).toBe(true);
  });

  test('several edges back in one turn make one turn, and each is a source', () => {
    const play = new Play(
      graphOf(`
graph:
  s: {input: {}, edges: [{to: t}]}
  t: {input: {}, edges: [{to: x}, {to: y}]}
  x: {input: {}, edges: [{to: t, when: "true"}, {to: end, default: true}]}
  y: {input: {}, edges: [{to: t, when: "true"}, {to: end, default: true}]}
limits: {maxTurns: 5}
`),
    );
    play.end('s', 't');
    play.fire('y', 0);
    expect(play.running()).toEqual(['x']);
    play.fire('x', 0);
    expect(play.running()).toEqual(['t#2']);
    expect(play.sources('t#2')).toEqual(['x', 'y']);
  });

  test('where reaching the bound succeeds, the branch ends there', () => {
    const play = new Play(
      graphOf(`
graph:
  s: {input: {}, edges: [{to: t}]}
  t: {input: {}, edges: [{to: t2}]}
  t2: {input: {}, edges: [{to: t}]}
limits: {maxTurns: 2, onLimit: succeed}
`),
    );
    play.end('s', 't', 't2', 't#2', 't2#2');
    expect(play.running()).toEqual([]);
    expect(play.state.isSettled()).toBe(true);
    expect(play.state.lastNodes()).toEqual(['t2']);
  });
});

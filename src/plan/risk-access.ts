import { grouped } from '../manifest/grouped.ts';
import { compareText } from '../manifest/problem.ts';
import type { Address } from '../manifest/resource.ts';
import type {
  AccessChanges,
  Cause,
  CellChange,
  CoverageChange,
  JudgedChange,
  LimitChange,
  RestrictionChange,
  RestrictionKind,
} from './access.ts';
import { policyOf } from './restriction.ts';
import { causeAt, digestAt, type FoundRisk } from './risk-found.ts';
import { calledCells, celled, cellName, type FoundItem } from './risk-items.ts';
import type { Sides } from './sides.ts';

interface AccessInput {
  readonly sides: Sides;
  readonly access: AccessChanges;
}

/** R1 to R4, R6 and R7, as far as the authority of agents shows them. */
export function accessRisks({ sides, access }: AccessInput): readonly FoundRisk[] {
  const cells = access.cells.filter(({ direction }) => direction === 'widened');
  const isApproval = ({ before, after }: CellChange): boolean => before.kind === 'ask' && after.kind === 'allow';
  return [
    ...cellRisks(
      'R1',
      cells.filter((cell) => !isApproval(cell)),
      sides,
    ),
    ...cellRisks('R2', cells.filter(isApproval), sides),
    ...coverageRisks(
      access.coverage.filter(({ direction }) => direction === 'widened'),
      sides,
    ),
    ...restrictionRisks(access, sides),
    ...limitRisks(access.limits.filter(({ direction }) => direction === 'widened')),
    ...judgedRisks(
      access.judged.filter(({ direction }) => direction === 'widened'),
      sides,
    ),
  ];
}

function cellRisks(kind: 'R1' | 'R2', cells: readonly CellChange[], sides: Sides): readonly FoundRisk[] {
  const called = calledCells((address) => digestAt(sides.after, address));
  return [...grouped(cells, ({ subject }) => subject)].map(([subject, own]) => {
    // Thousands of cells share one set of causes.
    const causes = [...new Set(own.map((cell) => cell.causes))].flat();
    return {
      class: kind,
      subject,
      // Of a fleet's risks only the first is read.
      get title(): string {
        const names = shown(own.map(cellName));
        return kind === 'R1'
          ? `${subject} may newly call ${names}.`
          : `${subject} no longer waits for an approval before it calls ${names}.`;
      },
      items: celled(own, called),
      causes,
      owned: causesOf([{ causes }]),
    };
  });
}

function coverageRisks(coverage: readonly CoverageChange[], sides: Sides): readonly FoundRisk[] {
  return [...grouped(coverage, ({ policy }) => policy)].map(([policy, own]) => ({
    class: 'R3',
    subject: policy,
    title: `${policy} no longer reaches ${shown(own.map(({ subject }) => subject))}.`,
    items: own.map(({ subject, system }) => ({
      detail: `${subject} in ${system}`,
      key: [policy, subject, system, digestAt(sides.before, policy), digestAt(sides.after, policy)],
    })),
    causes: own.flatMap(({ causes }) => causes),
    owned: [policy],
  }));
}

const classByKind: Readonly<Record<RestrictionKind, FoundRisk['class']>> = {
  approval: 'R2',
  condition: 'R3',
  flow: 'R3',
  guard: 'R3',
  gateway: 'R3',
  rate: 'R4',
  budget: 'R4',
  egress: 'R5',
  isolation: 'R6',
};

/** By rule and class: one change of a rule bears on every agent that it holds for, and is one thing to agree to. */
function restrictionRisks({ restrictions = [], coverage }: AccessChanges, sides: Sides): readonly FoundRisk[] {
  const left = new Set(coverage.map(({ policy, subject, system }) => `${policy} ${subject} ${system}`));
  const lost = restrictions.filter(
    // A policy that no longer reaches somebody is a risk of the same class, which says all that it said.
    ({ direction, kind, rule, subject, system, after }) =>
      direction === 'widened' &&
      !(classByKind[kind] === 'R3' && after === undefined && left.has(`${policyOf(rule)} ${subject} ${system}`)),
  );
  return [...grouped(lost, ({ kind, rule }) => `${classByKind[kind]} ${rule}`)].map(([key, own]) => ({
    class: key.slice(0, key.indexOf(' ')) as FoundRisk['class'],
    subject: policyOf(key.slice(key.indexOf(' ') + 1)),
    title: `${own[0]?.rule ?? ''} ${own.every(({ after }) => after === undefined) ? 'no longer holds' : 'changes, and not provably to a narrower rule,'} for ${shown(own.map(({ subject }) => subject))}.`,
    items: own.map((one) => restrictionItem(one, sides)),
    causes: own.flatMap(({ causes }) => causes),
    owned: [...new Set([...own.map(({ rule }) => policyOf(rule)), ...causesOf(own)])],
  }));
}

function restrictionItem(one: RestrictionChange, sides: Sides): FoundItem {
  const { subject, system, kind, rule, before, after } = one;
  const source = policyOf(rule);
  return {
    detail: `${subject} in ${system}: ${kind} ${before ?? 'none'} -> ${after ?? 'none'}`,
    key: [subject, system, kind, rule, before, after, digestAt(sides.before, source), digestAt(sides.after, source)],
  };
}

/** One change of a policy raises the same ceiling of many agents: that is one thing to agree to. */
function limitRisks(limits: readonly LimitChange[]): readonly FoundRisk[] {
  const keyOf = ({ subject, causes }: LimitChange): string =>
    causes.length === 0 ? subject : causesOf([{ causes }]).toSorted(compareText).join(' ');
  return [...grouped(limits, keyOf)].map(([key, own]) => {
    const subjects = own.map(({ subject }) => subject);
    return {
      class: 'R4',
      subject: key.includes(' ') ? undefined : key,
      title: `${shown(subjects)} may spend more: ${shown(own.map(rise))}.`,
      items: own.map((change) => ({
        detail: `${change.subject} in ${change.system}: ${rise(change)}`,
        key: [change.subject, change.system, change.limit, change.before, change.after],
      })),
      causes: own.flatMap(({ causes }) => causes),
      owned: causesOf(own),
    };
  });
}

function rise({ limit, before, after }: LimitChange): string {
  return `${limit} ${before ?? 'no limit'} -> ${after ?? 'no limit'}`;
}

/** What no cell shows belongs to the class that is about it; what is about nothing else permits calls. */
function judgedRisks(judged: readonly JudgedChange[], sides: Sides): readonly FoundRisk[] {
  return [...grouped(judged, ({ aspect, address }) => `${classOf(aspect)} ${address}`)].map(([key, own]) => {
    const [kind = 'R1', address = ''] = key.split(' ');
    return {
      class: kind as FoundRisk['class'],
      subject: address,
      title: own[0]?.message ?? address,
      items: own.map(({ aspect, field, message, covers }) => ({
        detail: `${message} (${field}${covers.length === 0 ? '' : `; reaches ${shown(covers.map(({ subject }) => subject))}`})`,
        // A field may be one of several that a rule speaks of, so that all of the resource is what is agreed to.
        key: [
          aspect,
          address,
          field,
          digestAt(sides.before, oldAddress(sides, address)),
          digestAt(sides.after, address),
          ...covers.map(({ subject, system }) => `${subject} ${system}`),
        ],
      })),
      causes: [causeAt(sides, address, [...new Set(own.map(({ field }) => field))].sort(compareText))],
      owned: [oldAddress(sides, address)],
    };
  });
}

export function oldAddress(sides: Sides, address: Address): Address {
  return sides.changes.get(address)?.previousAddress ?? address;
}

const classes: readonly (readonly [aspects: readonly string[], kind: FoundRisk['class']])[] = [
  [['system.human', 'system.review', 'tool.human'], 'R2'],
  [['policy.mode', 'guard.rule', 'model.gateway', 'server.gateway', 'gateway.rule'], 'R3'],
  [['system.turns', 'tool.cost', 'model.pricing', 'model.rateLimit'], 'R4'],
  [['tool.egress', 'server.egress', 'model.egress'], 'R5'],
  [
    [
      'tool.command',
      'tool.type',
      'tool.isolation',
      'tool.server',
      'server.command',
      'server.defaults',
      'server.pin',
      'agent.runtime',
    ],
    'R6',
  ],
  [['secret.key', 'tool.auth', 'server.auth', 'model.auth'], 'R7'],
  [['memory.store'], 'R10'],
];
const classByAspect = new Map(classes.flatMap(([aspects, kind]) => aspects.map((aspect) => [aspect, kind] as const)));

function classOf(aspect: string): FoundRisk['class'] {
  return classByAspect.get(aspect) ?? 'R1';
}

function causesOf(changes: readonly { readonly causes: readonly Cause[] }[]): readonly Address[] {
  const addresses = new Set<Address>();
  for (const { causes } of changes) for (const { address } of causes) addresses.add(address);
  return [...addresses];
}

const shownMax = 3;

/** The first few of many, each once, in one order. */
export function shown(names: readonly string[]): string {
  const unique = [...new Set(names)].sort(compareText);
  const first = unique.slice(0, shownMax).join(', ');
  return unique.length > shownMax ? `${first} and ${unique.length - shownMax} more` : first;
}

import { isDeepStrictEqual } from 'node:util';
import { type EnvironmentRules, ordinaryHealth } from '../manifest/rules.ts';
import { parseDuration } from '../manifest/duration.ts';

type Name = keyof EnvironmentRules;
type IsStricter = (before: EnvironmentRules, after: EnvironmentRules) => boolean;

/** Settings whose change may provably leave less to chance than before. Of the others every change counts. */
const stricter: Readonly<Partial<Record<Name, IsStricter>>> = {
  apply: (_, after) => after.apply === 'manual',
  // What is no longer declared there shows as deleted.
  paths: (before, after) =>
    isDeepStrictEqual(
      after.paths,
      before.paths.filter((path) => after.paths.includes(path)),
    ),
  namespaces: (before, after) =>
    after.namespaces !== undefined &&
    (before.namespaces === undefined || isWithin(after.namespaces, before.namespaces)),
  windows: areWindowsStricter,
  // The same keys: who may sign is a question of its own.
  signatures: ({ signatures: was }, { signatures: is }) =>
    is.mode === 'require' && was.mode !== 'require' && (was.allowedSigners ?? is.allowedSigners) === is.allowedSigners,
  alerts: (before, after) => isWithin(before.alerts, after.alerts),
  health: isWatchedCloser,
  recipients: (before, after) => isWithin(after.recipients, before.recipients),
};

/** Whether an environment's setting changes to what is provably stricter. */
export function isStricterSetting(
  name: string,
  before: EnvironmentRules | undefined,
  after: EnvironmentRules | undefined,
): boolean {
  if (before === undefined || after === undefined) return false;
  return stricter[name as Name]?.(before, after) ?? false;
}

/** The first windows, one that denies more, or one that allows less while another still does. */
function areWindowsStricter({ windows: was }: EnvironmentRules, { windows: is }: EnvironmentRules): boolean {
  const [denied, denies] = [was, is].map((all) => all.filter(({ verdict }) => verdict === 'deny'));
  const [allowed, allows] = [was, is].map((all) => all.filter(({ verdict }) => verdict !== 'deny'));
  if (denied === undefined || denies === undefined || allowed === undefined || allows === undefined) return false;
  const isNoLaterAllowed = allowed.length === 0 || (allows.length > 0 && isWithin(allows, allowed));
  return isWithin(denied, denies) && isNoLaterAllowed;
}

/** Told of earlier or of more, where nothing is rolled back: whether that happens by itself is a question of its own. */
function isWatchedCloser(before: EnvironmentRules, after: EnvironmentRules): boolean {
  const [was, is] = [before, after].map(({ health = ordinaryHealth }) => ({
    ...health,
    windowMs: parseDuration(health.window) ?? 0,
  }));
  if (was === undefined || is === undefined || was.onFailure !== 'alert' || is.onFailure !== 'alert') return false;
  return is.windowMs >= was.windowMs && is.minRuns <= was.minRuns && is.maxErrorRate <= was.maxErrorRate;
}

function isWithin<Value>(some: readonly Value[], all: readonly Value[]): boolean {
  return some.every((one) => all.some((other) => isDeepStrictEqual(one, other)));
}

import type { OverriddenRecord, OverrideRecord } from '../api/operations-override.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { parseDocuments } from '../manifest/document.ts';
import { parseDuration } from '../manifest/duration.ts';
import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { neutral } from '../manifest/neutral.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { readNamed } from './files.ts';

interface Common {
  readonly env?: string;
  readonly output: string;
}

export interface OverrideSetOptions extends Common {
  readonly address: string;
  readonly field?: readonly string[];
  readonly file?: string;
  readonly reason: string;
  readonly expires: string;
  readonly ack?: readonly string[];
}

/** Changes a live resource at once, until a time. */
export async function overrideSetCommand(context: CliContext, options: OverrideSetOptions): Promise<ExitCode> {
  const { address, reason, ack: acknowledge = [] } = options;
  const forMs = parseDuration(options.expires) ?? wrongDuration(options.expires);
  const spec = await patchOf(context.cwd, options);
  const record = await withDoor(context, async (door) =>
    door.operations.setOverride({
      environment: await chooseEnvironment(door, options.env),
      address,
      spec,
      reason,
      forMs,
      acknowledge,
    }),
  );
  const { override } = record;
  show(context, options, {
    record,
    text: `Overridden: ${neutral(override.address)} until ${override.expiresAt}, as override ${override.id}.`,
    after: `Then live returns to what Git says by itself; \`pawl override end ${override.id}\` does so sooner.`,
  });
  return exitCodes.success;
}

/** What is in force, with the time that is left. */
export async function overrideListCommand(context: CliContext, options: Common): Promise<ExitCode> {
  const { terminal } = context;
  const { environment, overrides } = await withDoor(context, async (door) => {
    const chosen = await chooseEnvironment(door, options.env);
    return { environment: chosen, overrides: await door.operations.overrides(chosen) };
  });
  if (options.output === 'json') json(terminal, { environment, overrides });
  else if (overrides.length === 0) terminal.out(`No overrides. ${environment} is what Git says.`);
  else for (const line of overrides.flatMap((one) => overrideLines(one, new Date()))) terminal.out(line);
  return exitCodes.success;
}

/** Takes an override back before its time is up. */
export async function overrideEndCommand(
  context: CliContext,
  options: Common & { readonly id: string; readonly ack?: readonly string[] },
): Promise<ExitCode> {
  const { id, ack: acknowledge = [] } = options;
  const record = await withDoor(context, async (door) => {
    return door.operations.endOverride({
      environment: await chooseEnvironment(door, options.env),
      id,
      acknowledge,
    });
  });
  const text = `Ended: ${neutral(record.override.address)} is what Git says again.`;
  show(context, options, { record, text, after: undefined });
  return exitCodes.success;
}

interface Shown {
  readonly record: OverriddenRecord;
  readonly text: string;
  readonly after: string | undefined;
}

function show({ terminal }: CliContext, { output }: Common, { record, text, after }: Shown): void {
  if (output === 'json') return json(terminal, record);
  terminal.out(terminal.colors.green(text));
  const { environment, revision, systems } = record;
  const compiled = systems.length === 0 ? '' : ` Compiled anew: ${systems.map(neutral).join(', ')}.`;
  terminal.out(`${environment} is now at revision ${revision}.${compiled}`);
  if (after !== undefined) terminal.out(after);
}

/** Two lines each: what and until when, then by whom and why. */
export function overrideLines({ id, address, spec, by, reason, expiresAt }: OverrideRecord, now: Date): string[] {
  return [
    `${id}  ${neutral(address)}  ${leftText(new Date(expiresAt).getTime() - now.getTime())}`,
    `          ${neutral(by)}: ${neutral(reason)}`,
    `          ${neutral(JSON.stringify(spec))}`,
  ];
}

function leftText(ms: number): string {
  if (ms <= 0) return 'its time is up';
  const minutes = Math.ceil(ms / 60_000);
  if (minutes < 120) return `${minutes} min left`;
  return `${Math.floor(minutes / 60)} h left`;
}

async function patchOf(cwd: string, { field = [], file }: OverrideSetOptions): Promise<JsonObject> {
  const read = file === undefined ? {} : await readPatch(cwd, file);
  const patch = field.reduce<Json>((merged, text) => mergeDeep(merged, fieldPatch(text)), read);
  const { spec, ...others } = isJsonObject(patch) ? patch : {};
  const [other] = Object.keys(others);
  if (other !== undefined) throw usage(`An override changes \`spec\` alone, not \`${neutral(other)}\`.`);
  if (!isJsonObject(spec) || Object.keys(spec).length === 0) throw usage('There is nothing to override.');
  return spec;
}

/** As a merge of patches: what is removed stays removed. */
function mergeDeep(target: Json, patch: Json): Json {
  if (!isJsonObject(target) || !isJsonObject(patch)) return patch;
  const entries = Object.entries(patch).map(([key, value]): [string, Json] => {
    const old = Object.hasOwn(target, key) ? target[key] : undefined;
    return [key, old === undefined ? value : mergeDeep(old, value)];
  });
  return { ...target, ...Object.fromEntries(entries) };
}

async function readPatch(cwd: string, file: string): Promise<Json> {
  const { documents, problems } = parseDocuments({
    path: 'patch.yaml',
    bytes: Buffer.from(await readNamed(cwd, file)),
  });
  const [document, ...others] = documents;
  if (document === undefined || others.length > 0 || problems.length > 0) {
    throw usage(problems[0]?.message ?? `${file} holds one patch and no more.`);
  }
  return document.value;
}

function fieldPatch(text: string): Json {
  const at = text.indexOf('=');
  const path = text.slice(0, Math.max(at, 0)).split('.');
  if (path.length < 2 || path.some((part) => !/^[\w-]+$/.test(part))) {
    throw usage(`\`${neutral(text.slice(0, 80))}\` is no field.`);
  }
  return path.reduceRight<Json>((value, key) => ({ [key]: value }), valueOf(text.slice(at + 1)));
}

/** JSON where it is that, else the text itself. */
function valueOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // A word is a text: nobody wants to quote it twice.
    return text;
  }
}

function usage(message: string): TerminalError {
  return new TerminalError(message, {
    code: 'cli.usage',
    help: 'Write `--field spec.limits.maxSteps=5`, or a patch in a file with -f.',
    exit: exitCodes.usage,
  });
}

function wrongDuration(text: string): never {
  throw new TerminalError(`\`${neutral(text.slice(0, 40))}\` is no duration up to seven days.`, {
    code: 'cli.usage',
    help: 'Write it as `30m` or `2h`.',
    exit: exitCodes.usage,
  });
}

import { lstatSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import type { SourceFile } from '../manifest/document.ts';
import { importManifests, type Imported } from '../manifest/import/import-manifests.ts';
import { reportOf } from '../manifest/import/report.ts';
import { type Scripted, scriptedFiles } from '../manifest/import/scripted.ts';
import { strayOf } from '../manifest/import/stray.ts';
import type { Problem } from '../manifest/problem.ts';
import { firstPlan } from '../plan/first-plan.ts';
import { foreignFileLimits, readForeignFiles } from '../source/foreign-files.ts';
import type { CliContext } from './context.ts';
import { json } from './context.ts';
import { placeAt } from './files.ts';
import type { ImportResult, ImportRisk } from './import-result.ts';
import { repositoryFiles, type ImportSite, siteOf } from './import-site.ts';
import { renderImport } from './import-text.ts';
import { writeImport } from './import-write.ts';

export interface ImportOptions {
  /** A file or folder; `-` is standard input. */
  readonly path: string;
  readonly out?: string;
  readonly report?: boolean;
  /** Scripts and an environment in which models answer from them. */
  readonly scripted?: boolean;
  readonly output: string;
}

const outDefault = 'pawl';

/** Reads another system's manifests and writes pawl's, or says what would become of them. */
export async function importCommand(context: CliContext, options: ImportOptions): Promise<ExitCode> {
  const { files, problems } = await readInput(context, options.path);
  const read = importManifests(files, { scripted: options.scripted === true });
  const unread = problems.map((problem) => strayOf('refused', 'unread file', problem));
  const imported: Imported = { ...read, strays: [...read.strays, ...unread] };
  const site = siteOf(resolve(context.cwd, options.out ?? outDefault));
  const scripted = options.scripted === true ? scriptedFiles(imported) : undefined;
  const toWrite = [
    ...imported.written,
    ...(scripted?.files ?? []),
    ...repositoryFiles(imported.written, site, scripted),
  ];
  const isDry = options.report === true || imported.written.length === 0;
  if (!isDry) await writeImport(site, toWrite);
  const result: ImportResult = {
    ...reportOf(imported),
    risks: risksOf(imported),
    scripted: scripted?.differences ?? [],
    written: imported.written.length === 0 ? [] : toWrite.map(({ path }) => path),
    out: relative(context.cwd, site.out) || '.',
  };
  show(context, result, { site, isDry, scripted, asJson: options.output === 'json' });
  return result.refused > 0 || result.losses.length > 0 ? exitCodes.findings : exitCodes.success;
}

interface Showing {
  readonly site: ImportSite;
  readonly isDry: boolean;
  readonly scripted: Scripted | undefined;
  readonly asJson: boolean;
}

function show({ terminal }: CliContext, result: ImportResult, { asJson, ...layout }: Showing): void {
  if (asJson) return json(terminal, result);
  terminal.out(renderImport(result, { ...layout, width: terminal.width, colors: terminal.colors }));
}

interface Input {
  readonly files: readonly SourceFile[];
  readonly problems: readonly Problem[];
}

async function readInput(context: CliContext, path: string): Promise<Input> {
  if (path === '-') return { files: [await standardInput(context)], problems: [] };
  const full = placeAt(context.cwd, path);
  // A folder that is named is entered, were it a link; below it no link is followed.
  const isFolder = lstatSync(full).isDirectory();
  return readForeignFiles(isFolder ? { root: full, path: '' } : { root: dirname(full), path: basename(full) });
}

async function standardInput({ stdin }: CliContext): Promise<SourceFile> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > foreignFileLimits.fileBytesMax) {
      throw new TerminalError(`Standard input has more than ${foreignFileLimits.fileBytesMax} bytes.`, {
        code: 'import.too_much',
        help: 'Import it in parts.',
        exit: exitCodes.usage,
      });
    }
    chunks.push(part);
  }
  return { path: 'standard-input.yaml', bytes: Buffer.concat(chunks) };
}

/** That agents newly call models is what an import is for; what else is new may be more than was meant. */
function risksOf({ resolved }: Imported): readonly ImportRisk[] {
  return firstPlan(resolved.resources)
    .risks.filter(({ details }) => !(details.length > 0 && details.every((detail) => detail.startsWith('model '))))
    .map(({ class: kind, name, title, details }) => ({ class: kind, name, title, details }));
}

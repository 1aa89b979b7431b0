// `npm run mutation`: turns each refusal of the gate into "goes on", one at a time, and wants one of the tables in
// test/policy/branches-*.ts to notice. A refusal that can be taken away unnoticed could be lost by an edit just so.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

interface Edit {
  readonly at: number;
  readonly text: string;
}

interface Branch {
  readonly reason: string;
  readonly refused: readonly unknown[];
  readonly passes: readonly unknown[];
}

/** Undefined: of a gate that has lost a refusal. */
type Decide = (...asked: readonly unknown[]) => { readonly kind: string; readonly reason?: string } | undefined;

/** What policies on trial would say is obeyed by nobody. */
const unenforced: ReadonlySet<string> = new Set(['gate-audit.ts']);

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const copy = mkdtempSync(join(tmpdir(), 'pawl-mutation-'));
try {
  process.exitCode = await survivors();
} finally {
  rmSync(copy, { recursive: true, force: true });
}

/** Works on a copy in which every refusal has a switch: which one is off is said from outside, without a new process. */
async function survivors(): Promise<number> {
  for (const part of ['src', 'test/policy', 'package.json'])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const mutants: Mutant[] = [];
  for (const file of readdirSync(join(copy, 'src/policy')).filter((name) => !unenforced.has(name))) {
    const path = join(copy, 'src/policy', file);
    writeFileSync(path, switched(`src/policy/${file}`, readFileSync(path, 'utf8'), mutants));
  }
  const { decide } = (await load('src/policy/gate.ts')) as { decide: Decide };
  const branches = await tables();
  const broken = branches.filter((branch) => !holds(branch, decide));
  if (broken.length > 0) throw new Error(`${broken.length} branches do not hold before anything is changed`);
  const alive = mutants.filter((_, index) => {
    switchOff(index);
    return branches.every((branch) => holds(branch, decide));
  });
  for (const { file, line, text } of alive) process.stdout.write(`${file}:${line} can be taken away: ${text}\n`);
  const killed = mutants.length - alive.length;
  process.stdout.write(`${killed} of ${mutants.length} refusals are held by one of ${branches.length} branches\n`);
  return alive.length === 0 ? 0 : 1;
}

function switchOff(index: number | undefined): void {
  Object.assign(globalThis, { pawlMutant: index });
}

async function load(path: string): Promise<unknown> {
  return import(pathToFileURL(join(copy, path)).href);
}

async function tables(): Promise<readonly Branch[]> {
  const names = readdirSync(join(copy, 'test/policy')).filter((name) => /^branches-.*\.ts$/.test(name));
  const modules = await Promise.all(names.map((name) => load(join('test/policy', name))));
  return modules.flatMap((exported) =>
    Object.values(exported as object)
      .filter(isTable)
      .flat(),
  );
}

function isTable(value: unknown): value is readonly Branch[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null && 'refused' in one);
}

function holds({ reason, refused, passes }: Branch, decide: Decide): boolean {
  const decision = decide(...refused);
  return decision?.kind === 'deny' && decision.reason === reason && decide(...passes)?.kind === 'allow';
}

/** The source with a switch at each refusal, which `mutants` then lists in the order of their numbers. */
function switched(file: string, source: string, mutants: Mutant[]): string {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const edits: Edit[] = [];
  const wrap = (node: ts.Node, [before, after]: readonly [(off: string) => string, string]): void => {
    const off = `(globalThis.pawlMutant === ${mutants.length})`;
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
    const [text = ''] = node.getText(tree).split('\n');
    mutants.push({ file, line: line + 1, text });
    edits.push({ at: node.getStart(tree), text: before(off) }, { at: node.getEnd(), text: after });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isIfStatement(node) && refuses(node, tree)) wrap(node.expression, [(off) => `!${off} && (`, ')']);
    else if (isRefusal(node, tree)) wrap(node, [(off) => `(${off} ? undefined : `, ')']);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return edited(source, edits);
}

/** `if (…) return deny(…)`, and the handing on of what another check refused. */
function refuses({ thenStatement, expression }: ts.IfStatement, tree: ts.SourceFile): boolean {
  const last = ts.isBlock(thenStatement) ? thenStatement.statements.at(-1) : thenStatement;
  if (last === undefined || !ts.isReturnStatement(last) || last.expression === undefined) return false;
  const returned = last.expression.getText(tree);
  if (returned.startsWith('deny(')) return true;
  const condition = expression.getText(tree);
  return (
    /'deny'|'kind' in/.test(condition) || (/!== undefined/.test(condition) && /denial|invalid|over/i.test(returned))
  );
}

/** A refusal that no `if` guards, and a check in a chain of checks. */
function isRefusal(node: ts.Node, tree: ts.SourceFile): boolean {
  if (!ts.isCallExpression(node)) return false;
  const name = node.expression.getText(tree);
  if (name === 'deny') return !isGuarded(node, tree);
  const isLink =
    ts.isBinaryExpression(node.parent) && node.parent.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken;
  return isLink && /Denial$|^first$|^clampTo/.test(name);
}

function isGuarded(call: ts.CallExpression, tree: ts.SourceFile): boolean {
  const returned = call.parent;
  if (!ts.isReturnStatement(returned)) return false;
  const holder = ts.isBlock(returned.parent) ? returned.parent.parent : returned.parent;
  return ts.isIfStatement(holder) && refuses(holder, tree);
}

/** Where two switches begin at one place the outer one, which was found first, stands first; where they end, last. */
function edited(source: string, edits: readonly Edit[]): string {
  let text = source;
  const order = edits.map((edit, index) => ({ ...edit, index })).sort((a, b) => b.at - a.at || b.index - a.index);
  for (const { at, text: added } of order) text = text.slice(0, at) + added + text.slice(at);
  return text;
}

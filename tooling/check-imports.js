// Holds src/ to .dependency-cruiser.cjs: `node tooling/check-imports.js [--json] [folder]`. Fails when a rule is broken,
// and when not every file was cruised: dependency-cruiser that cannot parse TypeScript (a compiler it does not know)
// sees no modules and reports that no rule is broken.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { cruise } from 'dependency-cruiser';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const args = process.argv.slice(2);
const folder = resolve(args.find((arg) => !arg.startsWith('--')) ?? '.');

const rules = createRequire(import.meta.url)(join(folder, '.dependency-cruiser.cjs'));

process.chdir(folder);
const { modules, violations } = await cruiseSource();
if (args.includes('--json')) process.stdout.write(`${JSON.stringify(violations)}\n`);
else report();

async function cruiseSource() {
  const { options, ...ruleSet } = rules;
  const { enhancedResolveOptions, tsConfig, ...rest } = options;
  const { output } = await cruise(['src'], { ...rest, ruleSet, validate: true }, enhancedResolveOptions, {
    tsConfig: extractTsConfig(join(folder, tsConfig.fileName)),
  });
  return { modules: output.modules, violations: output.summary.violations.map(violationOf) };
}

function violationOf({ rule, from, to, cycle }) {
  return { rule: rule.name, from, to: cycle === undefined ? to : cycle.map(({ name }) => name).join(' → ') };
}

function report() {
  const reasons = new Map(rules.forbidden.map(({ name, comment }) => [name, comment]));
  for (const { rule, from, to } of violations) {
    process.stderr.write(`${from} imports ${to}\n  ${rule}: ${reasons.get(rule)}\n`);
  }
  const written = readdirSync('src', { recursive: true }).filter((name) => name.endsWith('.ts'));
  const cruised = modules.filter(({ source }) => source.startsWith('src/') && source.endsWith('.ts'));
  const imports = cruised.reduce((sum, { dependencies }) => sum + dependencies.length, 0);
  // Files that import nothing exist, but a tree without as many imports as files was not understood.
  if (cruised.length < written.length || imports < written.length) {
    process.stderr.write(`Only ${cruised.length} of ${written.length} files and ${imports} imports were understood.\n`);
    process.exitCode = 1;
  }
  if (violations.length > 0) process.exitCode = 1;
  process.stdout.write(`${cruised.length} files, ${imports} imports, ${violations.length} broken rules\n`);
}

#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/bundle/main.js', import.meta.url);

if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write(
    'pawl is not built: dist/bundle/main.js is missing. Run "npm ci" (or "npm run build") in its checkout, then try again.\n',
  );
  process.exitCode = 1;
}

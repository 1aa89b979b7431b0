import type { JsonObject } from '../../json.ts';
import type { ForeignDocument } from '../foreign.ts';
import { given } from '../given.ts';
import { inputSchemaOf } from './tool-input.ts';

const memoryDefault = 64 * 1024 * 1024;
const memoryMax = 4 * 1024 * 1024 * 1024;
const fuelDefault = 1_000_000;
const fuelMax = 1_000_000_000_000;

const anyInput: JsonObject = {
  type: 'object',
  required: ['input'],
  properties: { input: { type: 'string', description: 'What the tool is asked.' } },
};

/** A WebAssembly module. */
export function wasmBlock(document: ForeignDocument): JsonObject | undefined {
  const { spec } = document;
  const wasm = spec.get('wasm');
  const node = wasm.get('module');
  const written = node.text()?.trim() ?? '';
  const help =
    'Put the module into the repository beside the manifest, and write its path: `wasm: {module: tools/NAME.wasm}`.';
  if (written === '') {
    const message = 'Which module it is stands in the settings of Orloj’s workers, and in no manifest.';
    spec.get('type').refuse({ message, help });
    return undefined;
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(written)) {
    node.refuse({
      message: 'A module of pawl is a file of the repository, so that a commit says which one runs.',
      help,
    });
    return undefined;
  }
  const auth = spec.get('auth');
  if (auth.get('secretRef').exists) {
    const advice = 'Call the service with a tool of type http, which holds the credential.';
    auth.refuse({ message: 'A module of pawl is given no credential.', help: advice });
    return undefined;
  }
  if (auth.exists) auth.ignore('Nothing is authenticated to without a Secret.');
  const schema = inputSchemaOf(document, anyInput);
  if (schema === undefined) return undefined;
  wasm.get('enable_wasi').json();
  const message =
    'A module of Orloj reads an envelope from standard input and writes one. pawl calls the function with the arguments and gives it no system interface: build the module for that.';
  node.flag('import.assumed', message);
  return given({
    type: 'wasm',
    inputSchema: schema,
    wasm: {
      module: written,
      export: wasm.get('entrypoint').text() ?? 'run',
      memory: atMost(wasm.get('max_memory_bytes').number(), memoryDefault, memoryMax),
      fuel: atMost(wasm.get('fuel').number(), fuelDefault, fuelMax),
    },
  });
}

function atMost(value: number | undefined, fallback: number, max: number): number {
  return value === undefined || value === 0 ? fallback : Math.min(value, max);
}

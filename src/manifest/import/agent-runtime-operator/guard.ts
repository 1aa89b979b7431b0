import type { JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { type ForeignEstate, foreignKey } from '../foreign-estate.ts';
import { given } from '../given.ts';
import { allowPrivate, refuseUser } from '../private-url.ts';
import { operatorVersions } from './cluster-fields.ts';
import { guardFields } from './guard-fields.ts';
import { guardedCalls } from './guard-use.ts';
import { providerBlocks } from './guardrail-provider.ts';
import { type PresidioPart, presidioParts } from './presidio-parts.ts';

/** A check of what passes a gateway; with the provider that it names it becomes one Guard or several. */
export const guard: ForeignKind = {
  kind: 'Guard',
  apiVersions: operatorVersions,
  fields: guardFields,
  fate: { fate: 'mapped', becomes: 'Guard', convert },
};

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  const provider = providerOf(document, conversion.estate);
  if (provider === undefined || !agrees(document, provider)) return;
  const common = {
    description: spec.get('description').text(),
    mode: modesOf(spec.get('mode')),
    calls: guardedCalls(document, conversion.estate),
  };
  if (provider.spec.get('type').text() === 'openai-moderation-api') {
    conversion.become(
      document,
      given({ ...common, provider: moderation(document, provider, conversion), action: 'block' }),
    );
    return;
  }
  const names = guardNames(document, conversion);
  if (names.length > 1)
    spec
      .get('presidio')
      .flag('import.split', `A Guard has one action and one score: it becomes ${names.length}, ${listed(names)}.`);
  for (const [index, part] of partsOf(document).entries()) {
    const resource = { ...common, provider: presidio({ document, provider, conversion }, part), action: part.action };
    const name = names[index];
    if (index === 0) conversion.become(document, given(resource));
    else if (name !== undefined)
      conversion.emit(document, {
        kind: 'Guard',
        namespace: conversion.identityOf(document).namespace,
        name,
        labels: document.labels,
        spec: given(resource),
        remarks: [`It goes with the Guard ${names[0]}: each has one action and one score.`],
      });
  }
}

const parts = new WeakMap<ForeignDocument, readonly PresidioPart[]>();
const names = new WeakMap<ForeignDocument, readonly string[]>();

function partsOf(document: ForeignDocument): readonly PresidioPart[] {
  const known = parts.get(document) ?? presidioParts(document.spec.get('presidio'));
  parts.set(document, known);
  return known;
}

/** The names of all Guards that one of the operator's becomes: what names it there names all of them here. */
export function guardNames(document: ForeignDocument, conversion: Conversion): readonly string[] {
  const known = names.get(document);
  if (known !== undefined) return known;
  const { namespace, name } = conversion.identityOf(document);
  const isPresidio = providerOf(document, conversion.estate)?.spec.get('type').text() === 'presidio-api';
  const further = isPresidio ? partsOf(document).slice(1) : [];
  const given = [name, ...further.map(({ action }) => conversion.freeName('Guard', namespace, `${name}-${action}`))];
  names.set(document, given);
  return given;
}

function providerOf(guard: ForeignDocument, estate: ForeignEstate): ForeignDocument | undefined {
  const { spec, namespace } = guard;
  const reference = spec.get('providerRef');
  const name = reference.get('name').text() ?? '';
  const home = reference.get('namespace').text() ?? namespace;
  const provider = estate.find(foreignKey('GuardrailProvider', home, name), guard);
  if (provider !== undefined && !provider.isRefused) return provider;
  const isNoted = reference.document.notes.some(({ code, fate }) => fate === 'refused' && code === 'import.depends');
  if (!isNoted)
    reference.refuse({
      code: 'import.depends',
      message:
        provider === undefined
          ? 'The GuardrailProvider is in none of the files, and nothing would be checked without it.'
          : 'The GuardrailProvider could not be imported, and nothing would be checked without it.',
      help: 'Import the file that declares it in the same command, or mend what was refused there.',
    });
  return undefined;
}

/** The operator does not compare the two; settings of another provider would check nothing. */
function agrees({ spec }: ForeignDocument, provider: ForeignDocument): boolean {
  const type = provider.spec.get('type').text() ?? '';
  const wrong = Object.values(providerBlocks).filter(
    (block) => block !== providerBlocks[type] && spec.get(block).exists,
  );
  for (const block of wrong)
    spec.get(block).refuse({
      message: `\`spec.${block}\` says nothing to a provider of the type \`${type}\`: the operator takes it, and the guard does not do what it says.`,
      help: `Name a provider that has it, or write \`spec.${providerBlocks[type] ?? ''}\`.`,
    });
  return wrong.length === 0;
}

function modesOf(mode: ForeignNode): string[] {
  const written = mode.texts();
  if (written.includes('during_call'))
    mode.flag('import.stricter', '`during_call` becomes `preCall`: pawl checks before a call and not beside it.');
  const isBefore = written.includes('pre_call') || written.includes('during_call');
  return [...(isBefore ? ['preCall'] : []), ...(written.includes('post_call') ? ['postCall'] : [])];
}

function moderation(document: ForeignDocument, provider: ForeignDocument, conversion: Conversion): JsonObject {
  const block = provider.spec.get('openaiModeration');
  const baseUrl = block.get('baseUrl').text();
  const selector = block.get('apiKeySecretRef');
  if (!selector.exists)
    document.spec
      .get('providerRef')
      .flag('import.assumed', 'The provider names no key, and pawl always sends one: set the variable that is listed.');
  const { namespace } = provider;
  const name = selector.get('name').text() ?? `${provider.name}-api-key`;
  const secretRef = conversion.secretKey(document.spec.get('providerRef'), {
    namespace,
    name,
    key: selector.get('key').text() ?? 'api-key',
  });
  refuseUser(document.spec.get('providerRef'), baseUrl);
  const settings = given({
    model: document.spec.at('openaiModeration', 'model').text(),
    baseUrl,
    secretRef,
    allowPrivate: allowPrivate(document.spec.get('providerRef'), baseUrl),
  });
  return { type: 'openaiModeration', openaiModeration: settings };
}

function listed(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

interface Presidio {
  readonly document: ForeignDocument;
  readonly provider: ForeignDocument;
  readonly conversion: Conversion;
}

function presidio({ document, provider, conversion }: Presidio, { entities, minScore }: PresidioPart): JsonObject {
  const block = provider.spec.get('presidio');
  const url = block.get('baseUrl').text() ?? '';
  refuseUser(document.spec.get('providerRef'), url);
  const selector = block.get('apiKeySecretRef');
  const name = selector.get('name').text();
  const reference = document.spec.get('providerRef');
  const secretRef =
    name === undefined
      ? undefined
      : conversion.secretKey(reference, {
          namespace: provider.namespace,
          name,
          key: selector.get('key').text() ?? '',
        });
  if (secretRef !== undefined)
    reference.flag(
      'import.assumed',
      'The key of the analyzer is sent as a bearer token; the operator does not say how.',
    );
  const settings = given({
    url,
    language: document.spec.at('presidio', 'language').text(),
    entities: entities === undefined ? undefined : [...entities],
    minScore,
    auth: secretRef === undefined ? undefined : { profile: 'bearer', secretRef },
    allowPrivate: allowPrivate(reference, url),
  });
  return { type: 'presidio', presidio: settings };
}

import { isJsonList, isJsonObject, own, type JsonObject } from '../../json.ts';
import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import { foreignKey } from '../foreign-estate.ts';
import type { ForeignNode } from '../foreign.ts';
import { configValue } from './config-value.ts';
import { literalValue } from './literal-value.ts';

/** What a schema says of variables: a map of texts, or a list as Kubernetes writes it. */
export function environmentRules(env: ForeignNode): void {
  if (!isJsonObject(env.value)) return variableRules(env);
  for (const [, node] of env.entries()) if (typeof node.value !== 'string') broken(node, 'must be a text');
}

/** The same where only a list may stand. */
export function variableRules(env: ForeignNode): void {
  if (!env.exists) return;
  if (isJsonList(env.value)) for (const entry of env.items()) checkVariable(entry);
  else broken(env, 'must be a list of variables');
}

/** The variables of a process, as pawl writes them. */
export function environmentOf(conversion: Conversion, env: ForeignNode): readonly JsonObject[] {
  // Its rules know all that may stand in it, and each entry is written below.
  env.json();
  if (isJsonObject(env.value))
    return env.entries().map(([name, node]) => ({ name, ...literalValue(conversion, node, name) }));
  return env.items().flatMap((entry) => {
    const name = entry.get('name').text() ?? '';
    const from = entry.get('valueFrom');
    if (!from.exists) return [{ name, ...literalValue(conversion, entry.get('value'), name) }];
    const value = referred(conversion, from);
    return value === undefined ? [] : [{ name, ...value }];
  });
}

/** All keys of Secrets as variables; which they are is known only where the Secret is among the files. */
export function secretVariables(conversion: Conversion, list: ForeignNode): readonly JsonObject[] {
  return list.items().flatMap((entry) => {
    const name = entry.get('name').text() ?? '';
    const secret = conversion.estate.find(foreignKey('Secret', entry.document.namespace, name), entry.document);
    const keys = [...new Set(['data', 'stringData'].flatMap((part) => keysOf(secret?.root.get(part))))].sort();
    if (keys.length > 0)
      return keys.map((key) => ({ name: key, secretRef: conversion.secretKey(entry, { name, key }) }));
    entry.refuse({
      code: 'import.depends',
      message: `The keys of the Secret \`${shownText(name)}\` become variables, and none of the files says which they are.`,
      help: 'Import the Secret in the same command (its values are not read), or name its keys in `env`.',
    });
    return [];
  });
}

function referred(conversion: Conversion, from: ForeignNode): JsonObject | undefined {
  const secret = from.get('secretKeyRef');
  if (secret.exists) {
    const [name, key] = [secret.get('name').text() ?? '', secret.get('key').text() ?? ''];
    return { secretRef: conversion.secretKey(secret, { name, key }) };
  }
  const map = from.get('configMapKeyRef');
  if (map.exists) {
    const value = configValue(conversion, map);
    return value === undefined ? undefined : { value };
  }
  from.refuse({
    message: 'The variable tells a process of its pod, and pawl has no pods.',
    help: 'Write the value in place, or remove the variable.',
  });
  return undefined;
}

function checkVariable(entry: ForeignNode): void {
  if (!isJsonObject(entry.value)) return broken(entry, 'must be a map');
  if (typeof entry.get('name').value !== 'string') broken(entry, 'needs a `name`');
  for (const [key, node] of entry.entries())
    if (!['name', 'value', 'valueFrom'].includes(key)) broken(node, 'is not a field of a variable');
  if (entry.get('value').exists && typeof entry.get('value').value !== 'string')
    broken(entry.get('value'), 'must be a text');
  if (entry.get('value').exists && entry.get('valueFrom').exists)
    broken(entry, 'must have one of `value` and `valueFrom`');
  if (entry.get('valueFrom').exists) checkSource(entry.get('valueFrom'));
}

/** Where Kubernetes takes a variable from, and what each of them has. */
const sources: Readonly<Record<string, readonly string[]>> = {
  secretKeyRef: ['name', 'key', 'optional'],
  configMapKeyRef: ['name', 'key', 'optional'],
  fieldRef: ['apiVersion', 'fieldPath'],
  resourceFieldRef: ['containerName', 'divisor', 'resource'],
  fileKeyRef: ['volumeName', 'path', 'key', 'optional'],
};

function checkSource(from: ForeignNode): void {
  if (!isJsonObject(from.value)) return broken(from, 'must be a map');
  for (const [name, node] of from.entries()) {
    const fields = own(sources, name);
    if (fields === undefined) broken(node, 'is no source of a variable');
    else if (!isJsonObject(node.value)) broken(node, 'must be a map');
    else
      for (const [key, field] of node.entries())
        if (!fields.includes(key)) broken(field, `is not a field of \`${name}\``);
  }
  if (from.entries().length !== 1) broken(from, 'must have one source');
}

function keysOf(node: ForeignNode | undefined): readonly string[] {
  return isJsonObject(node?.value) ? Object.keys(node.value) : [];
}

function broken(node: ForeignNode, how: string): void {
  node.refuse({ code: 'import.schema', message: `\`${shownText(node.field)}\` ${how}.` });
}

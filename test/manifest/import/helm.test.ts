import { expect, test } from 'vitest';
import { isHelmTemplate } from '../../../src/manifest/import/helm.ts';
import { importTexts } from '../../support/import.ts';

test.each([
  ['a value', 'metadata:\n  name: {{ .Values.name }}\n'],
  ['a line of its own', '{{- if .Values.enabled }}\nkind: Agent\n{{- end }}\n'],
  ['the middle of a value', 'image: registry/{{ .Values.image }}:1\n'],
  ['an entry of a list', 'args:\n  - {{ include "chart.name" . }}\n'],
  ['after a block of text', 'prompt: |\n  Hello\nname: {{ .Release.Name }}\n'],
  ['any expression that stands for a value', 'replicas: {{ replicas }}\n'],
])('an expression in %s makes a template', (_, text) => {
  expect(isHelmTemplate(text)).toBe(true);
});

test.each([
  ['a block of text', 'prompt: |\n  Hello {{ .Values.name }}, {{ if x }}.\n\n  {{ end }}\nname: a\n'],
  ['a folded block', 'prompt: >-\n  {{ name }}\n'],
  ['a quoted text', `prompt: "Hello {{ name }}"\nother: '{{ name }}'\n`],
  ['a quoted text over several lines', 'prompt: "Hello\n  you, {{ name }}"\n'],
  ['a plain text', 'prompt: Write to {{ customer }} politely\n'],
  ['a comment', '# {{ .Values.name }}\nname: a\n'],
])('an expression in %s is a text like any other', (_, text) => {
  expect(isHelmTemplate(text)).toBe(false);
});

test('a template is refused with what to type, and never read as YAML', () => {
  const { strays } = importTexts({
    'chart/Chart.yaml': 'apiVersion: v2\nname: desk\n',
    'chart/values.yaml': 'name: desk\n',
    'chart/templates/agent.yaml':
      'apiVersion: kagent.dev/v1alpha2\nkind: Agent\nmetadata: { name: "{{ .Values.name }}" }\n',
    'chart/templates/plain.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: desk }\n',
  });
  expect(strays.map(({ fate, place, problems }) => `${fate} ${place.file}:${place.line} ${problems[0]?.code}`)).toEqual(
    [
      'ignored chart/Chart.yaml:1 import.ignored',
      'ignored chart/values.yaml:1 import.ignored',
      'refused chart/templates/agent.yaml:3 import.helm',
    ],
  );
  expect(strays[2]?.problems[0]?.help).toContain('helm template');
});

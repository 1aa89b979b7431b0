import { expect, test } from 'vitest';
import { fillGoTemplate } from '../../../../src/manifest/import/kagent/go-template.ts';
import { writePrompt } from '../../../../src/manifest/prompt-template.ts';
import { importTexts } from '../../../support/import.ts';
import { declarative } from './agent-fixture.ts';

const house = `---
apiVersion: v1
kind: ConfigMap
metadata: { name: house, namespace: desk }
data:
  tone: |
    Be kind, never {{ rude }}.
  prompt: "You are {{ .AgentName }}.\\n{{ include \\"h/tone\\" }}Tools: {{ range .ToolNames }}[{{ . }}]{{ end }}"
`;

test('a system message comes out of a ConfigMap, its template filled in, its fragments in a library', () => {
  const { spec } = importTexts(
    declarative(`
modelConfig: small
systemMessageFrom: { type: ConfigMap, name: house, key: prompt }
promptTemplate: { dataSources: [{ name: house, alias: h }] }
tools: [{ type: McpServer, mcpServer: { kind: RemoteMCPServer, name: tickets, toolNames: [look, close] } }]`) + house,
  );
  expect(spec('Agent/desk/clerk')).toMatchObject({
    prompt: 'You are clerk.\n{{> house/tone }}\nTools: [look][close]',
  });
  expect(spec('PromptLibrary/desk/house')).toEqual({
    description: 'Texts of the ConfigMap house.',
    prompts: { tone: 'Be kind, never \\{{ rude }}.' },
  });
});

test.each([
  ['systemMessageFrom: { type: Secret, name: house, key: prompt }', 'The system message is in a Secret'],
  ['systemMessageFrom: { type: ConfigMap, name: elsewhere, key: a }', '`elsewhere` is in none of the files'],
  ['systemMessage: ""', 'The agent has no system message.'],
  ['systemMessage: "{{ .Secret }}"\npromptTemplate: { dataSources: [{ name: house }] }', 'is no variable of kagent'],
  [
    'systemMessage: "{{ printf 1 }}"\npromptTemplate: { dataSources: [{ name: house }] }',
    'not decided by the manifests',
  ],
  ['systemMessage: A.\npromptTemplate: { dataSources: [{ name: gone }] }', '`gone` that the prompt includes'],
])('%s refuses the agent', (lines, message) => {
  const { spec, said } = importTexts(declarative(`modelConfig: small\n${lines}`) + house);
  expect(spec('Agent/desk/clerk')).toBeUndefined();
  expect(said.filter((line) => line.startsWith('refused')).join('\n')).toContain(message);
});

const scope = {
  fields: { Name: 'clerk', Tools: ['look', 'close'], None: [] },
  include: (path: string) => (path === 'h/tone' ? [{ kind: 'text', text: 'Be {{kind}}.' } as const] : undefined),
};

test.each([
  ['a {{- .Name -}} b', 'aclerkb'],
  ['{{/* why }} */}}x', 'x'],
  ['{{ "{{" }}{{ `}}` }}', '\\{{}}'],
  ['{{ .Tools }}', '[look close]'],
  ['{{ include `h/tone` }}', 'Be \\{{kind}}.'],
  ['{{ if .None }}a{{ else }}b{{ end }}', 'b'],
  ['{{ range .Tools }}{{ $.Name }}:{{ . }} {{ end }}', 'clerk:look clerk:close '],
  ['{{ range .None }}x{{ else }}none{{ end }}', 'none'],
])('a template of Go says the same here: %s', (text, expected) => {
  const filled = fillGoTemplate(text, scope);
  expect('message' in filled ? filled.message : writePrompt(filled)).toBe(expected);
});

test.each([
  '{{ .Name',
  '{{ end }}',
  '{{ else }}',
  '{{ range .Tools }}',
  '{{ range .Tools }}{{ .Name }}{{ end }}',
  '{{ range .Name }}{{ end }}',
  '{{ . }}',
  '{{ .constructor }}',
  '{{ include "h/gone" }}',
  '{{ len .Tools }}',
  '{{ .Name | printf }}',
  '{{ $x := .Name }}',
  '{{ define "a" }}{{ end }}',
  `${'{{ if .Name }}'.repeat(40)}${'{{ end }}'.repeat(40)}`,
])('what is not decided by the manifests is a fault: %s', (text) => {
  expect(fillGoTemplate(text, scope)).toHaveProperty('message');
});

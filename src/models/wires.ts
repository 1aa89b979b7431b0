import { isRecord, type JsonBody, listAt, recordAt, sumOf, textAt, usageOf, type Wire } from './wire.ts';

/** Chat completions: OpenAI, Azure, Ollama and everybody who speaks like them. */
export const chatWire: Wire = {
  model: (body) => textAt(body, 'model'),
  usage: (body) => {
    const usage = recordAt(body, 'usage');
    const cached = recordAt(usage, 'prompt_tokens_details')['cached_tokens'];
    return usageOf({ input: usage['prompt_tokens'], output: usage['completion_tokens'], cached });
  },
  holdsServerTool: (body) =>
    searchFields.some((field) => hasAny(body[field])) ||
    listAt(body, 'choices').some((choice) => holdsChatTool(recordAt(choice, 'message'))),
  argumentsAs: 'text',
};

/** Where servers that search by themselves list what they found. */
const searchFields = ['citations', 'search_results'];

/** Where servers report tools that they ran themselves, beside a call whose type is not `function`. */
const serverToolFields = ['executed_tools', 'server_tool_use', 'mcp_calls', 'tool_results'];

function holdsChatTool(message: JsonBody): boolean {
  if (serverToolFields.some((field) => Array.isArray(message[field]) && message[field].length > 0)) return true;
  // Models that search the web quote what they read: https://platform.openai.com/docs/guides/tools-web-search
  if (listAt(message, 'annotations').some(({ type }) => type === 'url_citation' || type === 'file_citation'))
    return true;
  // Azure's "on your data" puts what it retrieved beside the answer.
  if (listAt(recordAt(message, 'context'), 'citations').length > 0) return true;
  return listAt(message, 'tool_calls').some((call) => typeof call['type'] === 'string' && call['type'] !== 'function');
}

/** Anthropic's messages. What it read from its cache, and what it wrote there, it counts beside the rest of the input. */
export const messagesWire: Wire = {
  model: (body) => textAt(body, 'model'),
  usage: (body) => {
    const usage = recordAt(body, 'usage');
    const cached = usage['cache_read_input_tokens'];
    const input = sumOf(usage['input_tokens'], cached, usage['cache_creation_input_tokens']);
    return usageOf({ input, output: usage['output_tokens'], cached });
  },
  holdsServerTool: (body) => listAt(body, 'content').some(({ type }) => !ownParts.has(String(type))),
  argumentsAs: 'object',
};

/** Every other part is a tool that runs at Anthropic, or its result. */
const ownParts: ReadonlySet<string> = new Set(['text', 'tool_use', 'thinking', 'redacted_thinking']);

/** Gemini's generateContent. */
export const geminiWire: Wire = {
  model: (body) => textAt(body, 'modelVersion'),
  usage: (body) => {
    const usage = recordAt(body, 'usageMetadata');
    const output = sumOf(usage['candidatesTokenCount'] ?? 0, usage['thoughtsTokenCount']);
    const input = sumOf(usage['promptTokenCount'], usage['toolUsePromptTokenCount']);
    return usageOf({ input, output, cached: usage['cachedContentTokenCount'] });
  },
  holdsServerTool: (body) =>
    listAt(body, 'candidates').some(
      (candidate) =>
        listAt(recordAt(candidate, 'content'), 'parts').some((part) =>
          geminiTools.some((name) => isRecord(part[name])),
        ) ||
        listAt(recordAt(candidate, 'groundingMetadata'), 'groundingChunks').length > 0 ||
        hasAny(recordAt(candidate, 'groundingMetadata')['webSearchQueries']) ||
        listAt(recordAt(candidate, 'urlContextMetadata'), 'urlMetadata').length > 0,
    ),
  argumentsAs: 'object',
};

function hasAny(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

const geminiTools = ['executableCode', 'codeExecutionResult', 'toolCall', 'toolResponse'];

/** Bedrock's converse, which does not say which model answered. */
export const converseWire: Wire = {
  model: () => undefined,
  usage: (body) => {
    const usage = recordAt(body, 'usage');
    const cached = usage['cacheReadInputTokens'];
    const input = sumOf(usage['inputTokens'], cached, usage['cacheWriteInputTokens']);
    return usageOf({ input, output: usage['outputTokens'], cached });
  },
  holdsServerTool: (body) =>
    listAt(recordAt(body, 'output', 'message'), 'content').some(
      (part) =>
        isRecord(part['toolResult']) ||
        isRecord(part['citationsContent']) ||
        textAt(recordAt(part, 'toolUse'), 'type') === 'server_tool_use',
    ),
  argumentsAs: 'object',
};

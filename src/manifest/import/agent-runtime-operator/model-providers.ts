/** How a model that an agent names by `provider/model` is reached: by LiteLLM's names of providers and variables. */
export interface ModelProvider {
  readonly provider: 'openai' | 'anthropic' | 'azureOpenai' | 'google' | 'bedrock' | 'ollama' | 'openaiCompatible';
  /** Variables that hold its key; none: it needs none. */
  readonly keys: readonly string[];
  /** Variables that hold the address of its API. */
  readonly urls?: readonly string[];
  /** Its address where no variable says one. */
  readonly baseUrl?: string;
  /** What pawl's `baseUrl` has behind what the variable has. */
  readonly suffix?: string;
  /** Fields that variables fill in; those with `true` are needed. */
  readonly fields?: Readonly<Record<string, { readonly variables: readonly string[]; readonly needed: boolean }>>;
}

const region = {
  variables: ['AWS_REGION_NAME', 'AWS_REGION', 'AWS_DEFAULT_REGION'],
  needed: true,
};
const google = { provider: 'google', keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'] } as const;
const ollama = {
  provider: 'ollama',
  keys: [],
  urls: ['OLLAMA_API_BASE'],
  baseUrl: 'http://127.0.0.1:11434/v1',
  suffix: '/v1',
} as const;

const providers: Readonly<Record<string, ModelProvider>> = {
  openai: { provider: 'openai', keys: ['OPENAI_API_KEY'], urls: ['OPENAI_API_BASE', 'OPENAI_BASE_URL'] },
  anthropic: {
    provider: 'anthropic',
    keys: ['ANTHROPIC_API_KEY'],
    urls: ['ANTHROPIC_API_BASE', 'ANTHROPIC_BASE_URL'],
    suffix: '/v1',
  },
  gemini: google,
  google,
  vertex_ai: {
    provider: 'google',
    keys: [],
    fields: {
      project: { variables: ['VERTEXAI_PROJECT', 'GOOGLE_CLOUD_PROJECT'], needed: true },
      region: { variables: ['VERTEXAI_LOCATION', 'GOOGLE_CLOUD_LOCATION'], needed: false },
    },
  },
  azure: {
    provider: 'azureOpenai',
    keys: ['AZURE_API_KEY'],
    fields: {
      baseUrl: { variables: ['AZURE_API_BASE'], needed: true },
      apiVersion: { variables: ['AZURE_API_VERSION'], needed: false },
    },
  },
  bedrock: { provider: 'bedrock', keys: ['AWS_BEARER_TOKEN_BEDROCK'], fields: { region } },
  ollama,
  ollama_chat: ollama,
  groq: compatible('https://api.groq.com/openai/v1', 'GROQ_API_KEY'),
  mistral: compatible('https://api.mistral.ai/v1', 'MISTRAL_API_KEY'),
  openrouter: compatible('https://openrouter.ai/api/v1', 'OPENROUTER_API_KEY'),
  deepseek: compatible('https://api.deepseek.com/v1', 'DEEPSEEK_API_KEY'),
  xai: compatible('https://api.x.ai/v1', 'XAI_API_KEY'),
};

function compatible(baseUrl: string, key: string): ModelProvider {
  return { provider: 'openaiCompatible', keys: [key], baseUrl };
}

/** What `provider/model` means; a bare name of a well-known family means its maker, as the templates take it. */
export function providerOf(written: string): { readonly is: ModelProvider; readonly model: string } | undefined {
  const slash = written.indexOf('/');
  const prefix = slash < 0 ? familyOf(written) : written.slice(0, slash);
  const is = prefix !== undefined && Object.hasOwn(providers, prefix) ? providers[prefix] : undefined;
  return is === undefined ? undefined : { is, model: written.slice(slash + 1) };
}

function familyOf(model: string): string | undefined {
  if (/^(gpt|chatgpt|o[0-9])/.test(model)) return 'openai';
  if (model.startsWith('claude')) return 'anthropic';
  return model.startsWith('gemini') ? 'gemini' : undefined;
}

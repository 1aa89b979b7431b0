import { isJsonList, isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import type { Annotation } from '../cli/github-annotations.ts';

/** A plan as its JSON has it, whoever made it. */
export interface Planned {
  readonly environment: string;
  readonly json: JsonObject;
  readonly markdown: string;
  /** For the log of the step; absent: the server's answer has none. */
  readonly text?: string;
}

/** What the steps that follow may branch on. */
export interface Figures {
  readonly environment: string;
  readonly digest: string;
  readonly errored: boolean;
  readonly changed: boolean;
  readonly widenings: number;
  readonly decisions: number;
  readonly drifted: number;
}

export function figuresOf({ environment, json }: Planned): Figures {
  const summary = objectIn(json, 'summary');
  const systems = objectIn(json, 'systems');
  const listed = ['changed', 'removed'].flatMap((key) => listIn(systems, key));
  const digest = own(json, 'plan_digest');
  return {
    environment,
    digest: typeof digest === 'string' ? digest : '',
    errored: own(json, 'errored') === true,
    // Rules that judge otherwise are a difference too.
    changed: [...listIn(json, 'resource_changes'), ...listed, ...listIn(json, 'risks')].length > 0,
    widenings: countIn(summary, 'widened'),
    decisions: countIn(summary, 'to_acknowledge'),
    drifted: listIn(json, 'resource_drift').length,
  };
}

/** Risks where their cause stands: what gates as a warning, what is only shown as a notice. Refusals have no place. */
export function annotationsOf({ environment, json }: Planned): readonly Annotation[] {
  const risks = listIn(json, 'risks').map((risk) => riskAnnotation(risk, environment));
  const guards = listIn(json, 'guards').map(
    (guard): Annotation => ({
      level: 'warning',
      title: `pawl ${environment}: ${textIn(guard, 'id')}`,
      message: textIn(guard, 'message'),
    }),
  );
  const errors = listIn(json, 'diagnostics').filter((one) => textIn(one, 'severity') === 'error');
  return [...errors.map(diagnosticAnnotation), ...guards, ...risks];
}

function riskAnnotation(risk: JsonObject, environment: string): Annotation {
  const [cause = {}] = listIn(risk, 'causes');
  const place = objectIn(cause, 'place');
  const [id, name] = [textIn(risk, 'id'), textIn(risk, 'name')];
  return {
    level: textIn(risk, 'gate') === 'notice' ? 'notice' : 'warning',
    title: `pawl ${environment}: ${id === name ? id : `${id} ${name}`}`,
    message: textIn(risk, 'title'),
    ...placeOf(place),
  };
}

function diagnosticAnnotation(one: JsonObject): Annotation {
  const [message, detail] = [textIn(one, 'summary'), textIn(one, 'detail')];
  return {
    level: 'error',
    title: textIn(one, 'code'),
    message: detail === '' ? message : `${message} ${detail}`,
    ...placeOf(one),
  };
}

function placeOf(place: JsonObject): Pick<Annotation, 'file' | 'line' | 'column'> {
  const file = textIn(place, 'file');
  if (file === '') return {};
  return { file, line: Math.max(1, countIn(place, 'line')), column: Math.max(1, countIn(place, 'column')) };
}

function objectIn(value: JsonObject, key: string): JsonObject {
  const found = own(value, key);
  return found !== undefined && isJsonObject(found) ? found : {};
}

function listIn(value: JsonObject, key: string): readonly JsonObject[] {
  const found = own(value, key);
  if (found === undefined || !isJsonList(found)) return [];
  return found.map((entry: Json) => (isJsonObject(entry) ? entry : {}));
}

function textIn(value: JsonObject, key: string): string {
  const found = own(value, key);
  return typeof found === 'string' ? found : '';
}

function countIn(value: JsonObject, key: string): number {
  const found = own(value, key);
  return typeof found === 'number' && Number.isSafeInteger(found) ? found : 0;
}

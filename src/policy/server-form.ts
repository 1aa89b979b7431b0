import { qualify } from '../manifest/reference.ts';
import type { Address, Kind, Resource } from '../manifest/resource.ts';
import { parseServerToolId, serverKey, serverToolId } from '../manifest/server-tools.ts';
import type { Verdict } from './authority.ts';
import { shared } from './bundle-text.ts';
import { classesOf } from './data-class.ts';
import { toolFacts } from './facts.ts';
import { kept } from './kept.ts';
import { demandOf, type ToolForm, toolForm } from './rule-form.ts';
import { serverPin } from './server-pin.ts';
import { pathOf, specOf } from './typed.ts';

export type FindResource = (kind: Kind, path: string) => Resource;

/** What rules see of a tool by the id that rows have of it: of a Tool, or of one of an MCP server's own. */
export function formAt(id: string, find: FindResource): ToolForm {
  const parsed = parseServerToolId(id);
  if (parsed !== undefined) return formsOf(find('McpServer', parsed.server)).of(parsed.tool);
  const tool = find('Tool', id);
  const wrapped = wrappedTool(tool);
  return wrapped === undefined ? toolForm(tool) : formsOf(find('McpServer', wrapped.server)).behind(tool, wrapped.tool);
}

/** The tool of a server that a Tool stands for; undefined: it is of another type. */
export const wrappedTool = kept((tool: Resource): { readonly server: string; readonly tool: string } | undefined => {
  const { mcp } = specOf(tool, 'Tool');
  return mcp && { server: qualify(mcp.serverRef, tool.namespace), tool: mcp.tool };
});

const formsOf = kept((server: Resource) => new ServerForms(server));

/** The forms of one server's tools, each made once. */
class ServerForms {
  readonly #server: Resource;
  readonly #own = new Map<string, ToolForm>();
  readonly #behind = new WeakMap<Resource, ToolForm>();

  constructor(server: Resource) {
    this.#server = server;
  }

  of(tool: string): ToolForm {
    let form = this.#own.get(tool);
    if (form === undefined) this.#own.set(tool, (form = this.#form(tool)));
    return form;
  }

  /** The Tool's own word on what it does, and the server's on where it runs and what it was when people looked. */
  behind(resource: Resource, tool: string): ToolForm {
    let form = this.#behind.get(resource);
    if (form === undefined) {
      const { names, isRemote, strongest, pin, unpinned } = this.of(tool);
      const { path, namespace, operations, facts, demand } = toolForm(resource);
      form = {
        path,
        namespace,
        operations,
        facts,
        demand,
        isRemote,
        ...(strongest === undefined ? {} : { strongest }),
        names: [path, ...names],
        ...(pin === undefined ? {} : { pin }),
        ...(unpinned === undefined ? {} : { unpinned }),
      };
      this.#behind.set(resource, form);
    }
    return form;
  }

  #form(tool: string): ToolForm {
    const server = pathOf(this.#server);
    const path = serverToolId(server, tool);
    const { transport, defaults } = specOf(this.#server, 'McpServer');
    const operations = [defaults.operation];
    const pin = serverPin(this.#server).tools.get(tool)?.digest;
    return {
      path,
      names: [path, serverKey(server)],
      namespace: this.#server.namespace,
      operations,
      facts: toolFacts({ operations, risk: defaults.risk, classes: classesOf('mcp', undefined) }),
      isRemote: transport === 'http',
      ...(transport === 'http' ? {} : { strongest: transport === 'stdio' ? 'sandbox' : 'container' }),
      demand: demandOf(server, operations),
      ...(pin === undefined ? { unpinned: unpinned(this.#server) } : { pin }),
    };
  }
}

/** T4: nobody looked at the tool, or what was looked at was another server. */
function unpinned(server: Resource): Verdict {
  const rule: Address = server.address;
  const reason = serverPin(server).stale === undefined ? 'tool.pin_missing' : 'mcp.identity_mismatch';
  return shared({ kind: 'deny', reason, rule });
}

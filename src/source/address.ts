import { isIP } from 'node:net';
import { exitCodes, TerminalError } from '../errors.ts';

/** A remote repository's address that passed the grammar. */
export interface RemoteAddress {
  readonly protocol: 'https' | 'http' | 'ssh';
  /** As given to git: it holds no credential, so it may be shown. */
  readonly url: string;
}

const scpPattern = /^([A-Za-z0-9_][A-Za-z0-9_.-]*@)?([A-Za-z0-9][A-Za-z0-9.-]*):([A-Za-z0-9~_/][^:]*)$/;
const sshUserPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** Accepts https, ssh, `user@host:path`, and http to this machine; refuses every other way to name a repository. */
export function parseAddress(text: string, options: { readonly allowHttp?: boolean } = {}): RemoteAddress {
  if (text === '' || text.length > 2048) throw refused('is empty or too long');
  if (text.startsWith('-')) throw refused('starts like an option');
  if (/[\u0000-\u0020\u007f-\u009f\\]/.test(text)) throw refused('holds a blank, backslash or control character');
  if (/^[A-Za-z0-9+.-]*::/.test(text)) throw refused('names a transport that runs a command');
  if (!text.includes('://')) return scpAddress(text);
  if (!URL.canParse(text)) throw refused('is not a URL');
  return urlAddress(new URL(text), text, options.allowHttp === true);
}

function urlAddress(url: URL, text: string, allowHttp: boolean): RemoteAddress {
  if (url.password !== '') throw refused('holds a credential', 'Give the token in the configuration.');
  if (url.search !== '' || url.hash !== '') throw refused('has a query or a fragment');
  if (url.hostname === '' || url.hostname.startsWith('-')) throw refused('has no host');
  if (url.pathname === '' || url.pathname === '/') throw refused('has no path');
  // A path that starts with a dash would be an option of git-upload-pack at the other end of ssh.
  if (/^\/(?:-|%2d)/i.test(url.pathname)) throw refused('has a path that starts like an option');
  if (url.protocol === 'ssh:') {
    if (url.username !== '' && !sshUserPattern.test(url.username)) throw refused('has a user that is refused');
    return { protocol: 'ssh', url: text };
  }
  if (url.username !== '') throw refused('holds a credential', 'Give the token in the configuration.');
  if (url.protocol === 'https:') return { protocol: 'https', url: url.href };
  if (url.protocol !== 'http:') throw refused(`uses ${url.protocol.slice(0, 20)}, which is not read`);
  if (!allowHttp && !isLoopback(url.hostname)) {
    throw refused('uses http to another machine, where anyone between could change the commit');
  }
  return { protocol: 'http', url: url.href };
}

function scpAddress(text: string): RemoteAddress {
  const match = scpPattern.exec(text);
  if (match === null) throw refused('is neither a URL nor user@host:path');
  return { protocol: 'ssh', url: text };
}

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '[::1]') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

/** The address is not repeated: what was refused may hold a token or a control character. */
function refused(reason: string, help?: string): TerminalError {
  return new TerminalError(`The repository address ${reason}.`, {
    code: 'git.url_refused',
    help: help ?? 'Use https://host/path, ssh://host/path, user@host:path, or a local path.',
    exit: exitCodes.usage,
  });
}

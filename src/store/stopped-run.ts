/**
 * What stopping runs sets of them, before their next step or at once: a worker is asked, and a run that nobody executes
 * ends here, for the reason in the parameters `code` and `message`.
 */
export function stoppedText(how: 'drain' | 'cancel', { code, message }: Record<'code' | 'message', string>): string {
  return `
  ${how}_requested_at = coalesce(r.${how}_requested_at, now()),
  state = case when r.state = 'Running' then r.state else 'Cancelled' end,
  ended_at = case when r.state = 'Running' then null else now() end,
  run_at = null,
  error = case when r.state = 'Running' then null
    else json_build_object('code', ${code}::text, 'message', ${message}::text) end`;
}

/**
 * JSON of what is known of an approval, of a row that is called `a`. What is past its time counts as expired, though
 * nobody has written so yet.
 */
export function approvalStateText(clock: 'now()' | 'clock_timestamp()'): string {
  return `json_strip_nulls(json_build_object('id', a.id, 'actionDigest', a.action_digest,
    'state', case when a.state in ('pending', 'approved') and a.expires_at <= ${clock} then 'expired' else a.state end,
    'batch', case when a.class_digest is not null then (
      select json_build_object('classDigest', a.class_digest,
        'left', a.uses_max - 1 - count(*) filter (where u.call <> a.path),
        'used', coalesce(json_agg(u.call), '[]'))
      from (select regexp_replace(path, '~[0-9]+$', '') as call from unnest(a.used_by) path) u
    ) end))`;
}

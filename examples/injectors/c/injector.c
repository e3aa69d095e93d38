// A fault by a file: while it is there, the target does something else, such as answer that it is under maintenance.
//
// Every call runs in a component of its own, which ends with the call, so nothing is freed. What goes out is owned by the
// caller: copies, never constants.

#include "bindings/plugin.h"
#include <stdlib.h>
#include <string.h>

typedef exports_chaos_injector_injector_context_t context_t;
typedef exports_chaos_injector_injector_target_t target_t;
typedef exports_chaos_injector_injector_list_param_t params_t;
typedef exports_chaos_injector_injector_handle_t handle_t;
typedef exports_chaos_injector_injector_report_t report_t;
typedef exports_chaos_injector_injector_error_t error_t;

// Of whom the file is.
typedef enum { NOBODY, OURS, SOMEBODY } owner_t;

static bool is(const plugin_string_t *text, const char *word) {
  return text->len == strlen(word) && memcmp(text->ptr, word, text->len) == 0;
}

// An error: the answer of a call that failed is false.
static bool fail(error_t *error, uint8_t code, const char *message) {
  error->code.tag = code;
  error->retryable = false;
  plugin_string_dup(&error->message, message);
  return false;
}

// The text of a parameter; the host has held what it gives against the manifest, but who else calls is not known.
static bool text_of(const params_t *params, const char *name, plugin_string_t *out) {
  for (size_t at = 0; at < params->len; at++) {
    const chaos_injector_types_param_t *param = &params->ptr[at];
    if (is(&param->name, name) && param->value.tag == CHAOS_INJECTOR_TYPES_VALUE_TEXT) {
      *out = param->value.val.text;
      return true;
    }
  }
  return false;
}

// A handle's data is the path. All calls but prepare have only the handle: they may come after a restart.
static bool path_of(const handle_t *handle, plugin_string_t *path, error_t *error) {
  if (handle->data.len == 0 || handle->data.ptr[0] != '/') {
    return fail(error, CHAOS_INJECTOR_TYPES_ERROR_CODE_UNKNOWN_HANDLE, "this is no handle of flag-file");
  }
  path->ptr = handle->data.ptr;
  path->len = handle->data.len;
  return true;
}

static bool there(plugin_string_t *path, bool *answer, error_t *error) {
  chaos_injector_files_option_stat_t found;
  if (!chaos_injector_files_look(path, &found, error)) return false;
  *answer = found.is_some;
  return true;
}

// The file holds the name of the fault that made it.
static bool owner_of(plugin_string_t *path, const handle_t *handle, owner_t *owner, error_t *error) {
  bool is_there;
  if (!there(path, &is_there, error)) return false;
  *owner = NOBODY;
  if (!is_there) return true;
  plugin_list_u8_t held;
  if (!chaos_injector_files_read(path, &held, error)) return false;
  bool ours = held.len == handle->id.len && memcmp(held.ptr, handle->id.ptr, held.len) == 0;
  *owner = ours ? OURS : SOMEBODY;
  return true;
}

bool exports_chaos_injector_injector_prepare(context_t *ctx, plugin_string_t *fault, target_t *target, params_t *params,
                                             plugin_list_u8_t *data, error_t *error) {
  (void)ctx, (void)target;
  plugin_string_t path;
  bool is_there;
  if (!is(fault, "flag")) {
    return fail(error, CHAOS_INJECTOR_TYPES_ERROR_CODE_INVALID_PARAMS, "there is no such fault");
  }
  if (!text_of(params, "file", &path) || path.len == 0 || path.ptr[0] != '/') {
    return fail(error, CHAOS_INJECTOR_TYPES_ERROR_CODE_INVALID_PARAMS, "`file` must be an absolute path");
  }
  if (!there(&path, &is_there, error)) return false;
  if (is_there) {
    return fail(error, CHAOS_INJECTOR_TYPES_ERROR_CODE_UNSUPPORTED_TARGET, "the file is there already");
  }
  data->ptr = malloc(path.len);
  data->len = path.len;
  memcpy(data->ptr, path.ptr, path.len);
  return true;
}

bool exports_chaos_injector_injector_inject(context_t *ctx, handle_t *handle, error_t *error) {
  plugin_string_t path;
  owner_t owner;
  if (!path_of(handle, &path, error) || !owner_of(&path, handle, &owner, error)) return false;
  if (owner == SOMEBODY) {
    return fail(error, CHAOS_INJECTOR_TYPES_ERROR_CODE_UNSUPPORTED_TARGET, "somebody else has made the file");
  }
  if (owner == OURS || ctx->dry_run) return true;
  plugin_list_u8_t name = {handle->id.ptr, handle->id.len};
  return chaos_injector_files_write(&path, &name, error);
}

// It has no lease that would have to be renewed.
bool exports_chaos_injector_injector_renew(context_t *ctx, handle_t *handle, error_t *error) {
  (void)ctx;
  plugin_string_t path;
  return path_of(handle, &path, error);
}

bool exports_chaos_injector_injector_revert(context_t *ctx, handle_t *handle, error_t *error) {
  plugin_string_t path;
  owner_t owner;
  if (!path_of(handle, &path, error) || !owner_of(&path, handle, &owner, error)) return false;
  // Already gone is success; the file of somebody else stays.
  if (owner != OURS || ctx->dry_run) return true;
  return chaos_injector_files_remove(&path, error);
}

bool exports_chaos_injector_injector_status(context_t *ctx, handle_t *handle, report_t *report, error_t *error) {
  (void)ctx;
  plugin_string_t path;
  owner_t owner;
  if (!path_of(handle, &path, error) || !owner_of(&path, handle, &owner, error)) return false;
  const uint8_t phases[] = {
      [NOBODY] = EXPORTS_CHAOS_INJECTOR_INJECTOR_PHASE_REVERTED,
      [OURS] = EXPORTS_CHAOS_INJECTOR_INJECTOR_PHASE_ACTIVE,
      [SOMEBODY] = EXPORTS_CHAOS_INJECTOR_INJECTOR_PHASE_LOST,
  };
  const char *messages[] = {[NOBODY] = "the file is gone", [OURS] = "the file is there", [SOMEBODY] = "the file is not ours"};
  memset(report, 0, sizeof *report);
  report->phase = phases[owner];
  report->acted = owner == OURS;
  plugin_string_dup(&report->message, messages[owner]);
  return true;
}

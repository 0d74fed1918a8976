/** An addon that redirects the process's standard error to nowhere and back, which Node itself cannot do. */
export const silencerSource = `#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

static int kept = -1;

static napi_value Silence(napi_env env, napi_callback_info info) {
  int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (kept < 0 && nowhere >= 0) {
    kept = fcntl(2, F_DUPFD_CLOEXEC, 3);
    if (kept >= 0) dup2(nowhere, 2);
  }
  if (nowhere >= 0) close(nowhere);
  return nullptr;
}

static napi_value Restore(napi_env env, napi_callback_info info) {
  if (kept >= 0) {
    dup2(kept, 2);
    close(kept);
    kept = -1;
  }
  return nullptr;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "silence", NAPI_AUTO_LENGTH, Silence, nullptr, &function);
  napi_set_named_property(env, exports, "silence", function);
  napi_create_function(env, "restore", NAPI_AUTO_LENGTH, Restore, nullptr, &function);
  napi_set_named_property(env, exports, "restore", function);
  return exports;
}
`;

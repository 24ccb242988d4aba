#!/usr/bin/env bash
# The REST examples of MLflow's documentation, by curl: rest.sh URL
set -euo pipefail

[ $# -ge 1 ] || { echo "usage: rest.sh URL" >&2; exit 2; }
URL=${1%/}
API=$URL/api/2.0/mlflow
NAME=rest-$$-$RANDOM
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ok() { passed=$((passed + 1)); printf 'ok %s\n' "$1"; }
fail() { failed=$((failed + 1)); printf 'FAILED %s: got %.600s, expected %s\n' "$1" "$2" "$3"; }

# call METHOD URL [BODY]: the status is left in $status, the body in $body.
call() {
  local method=$1 url=$2
  shift 2
  if [ $# -gt 0 ]; then set -- -H 'Content-Type: application/json' --data "$1"; fi
  : > "$work/body"
  status=$(curl -s -g -o "$work/body" -w '%{http_code}' -X "$method" "$@" "$url" || true)
  body=$(tr -d '\0' < "$work/body" | tr '\n' ' ')
}

# is NAME STATUS [PATTERN...]: the last answer has this status, and each extended regular expression is in its body.
is() {
  local name=$1 wanted=$2 pattern
  shift 2
  [ "$status" = "$wanted" ] || { fail "$name" "$status $body" "$wanted"; return; }
  for pattern in "$@"; do
    grep -qE -- "$pattern" <<< "$body" || { fail "$name" "$body" "$pattern"; return; }
  done
  ok "$name"
}

# isnt NAME PATTERN: the last body does not hold it.
isnt() { if grep -qE -- "$2" <<< "$body"; then fail "$1" "$body" "no $2"; else ok "$1"; fi; }

# The first value of a field in the last answer.
field() { grep -oE "\"$1\": *\"?[^\",}]*" <<< "$body" | head -1 | sed -E 's/^"[^"]*": *"?//' || true; }

# Experiments.
call POST "$API/experiments/create" "{\"name\": \"$NAME\", \"tags\": [{\"key\": \"team\", \"value\": \"blue\"}]}"
is experiments.create 200 '"experiment_id": *"[0-9]+"'
experiment=$(field experiment_id)
call POST "$API/experiments/create" "{\"name\": \"$NAME\"}"
is experiments.create_again 400 RESOURCE_ALREADY_EXISTS
call GET "$API/experiments/get?experiment_id=$experiment"
is experiments.get 200 "\"name\": *\"$NAME\"" '"lifecycle_stage": *"active"' '"creation_time": *[0-9]+' '"artifact_location": *"mlflow-artifacts:/'
call GET "$API/experiments/get-by-name?experiment_name=$NAME"
is experiments.get_by_name 200 "\"experiment_id\": *\"$experiment\""
call GET "$API/experiments/get-by-name?experiment_name=$NAME-nowhere"
is experiments.get_by_unknown_name 404 RESOURCE_DOES_NOT_EXIST
call POST "$API/experiments/search" "{\"max_results\": 5, \"filter\": \"name = '$NAME'\"}"
is experiments.search 200 "\"experiment_id\": *\"$experiment\""
call GET "$API/experiments/search?max_results=1000"
is experiments.list 200 "\"name\": *\"$NAME\""
call POST "$API/experiments/update" "{\"experiment_id\": \"$experiment\", \"new_name\": \"$NAME-renamed\"}"
is experiments.update 200 '^\{ *\} *$'
call POST "$API/experiments/set-experiment-tag" "{\"experiment_id\": \"$experiment\", \"key\": \"k\", \"value\": \"v\"}"
is experiments.set_tag 200 '^\{ *\} *$'
call GET "$API/experiments/get?experiment_id=$experiment"
is experiments.updated 200 "\"name\": *\"$NAME-renamed\"" '"key": *"k"'

# Runs, as the documentation's example script does: a run with a parameter, a metric and a tag.
call POST "$API/runs/create" "{\"experiment_id\": \"$experiment\", \"start_time\": 1700000000000, \"tags\": [{\"key\": \"mlflow.user\", \"value\": \"ana\"}], \"run_name\": \"rest\"}"
is runs.create 200 '"run_id": *"[0-9a-f]{32}"' '"status": *"RUNNING"' '"start_time": *1700000000000'
run=$(field run_id)
[ -n "$run" ] || run=$(field run_uuid)
call POST "$API/runs/log-parameter" "{\"run_id\": \"$run\", \"key\": \"alpha\", \"value\": \"0.5\"}"
is runs.log_parameter 200 '^\{ *\} *$'
call POST "$API/runs/log-parameter" "{\"run_id\": \"$run\", \"key\": \"alpha\", \"value\": \"0.6\"}"
is runs.log_parameter_changed 400 INVALID_PARAMETER_VALUE 'Changing param values is not allowed'
call POST "$API/runs/log-metric" "{\"run_id\": \"$run\", \"key\": \"mse\", \"value\": 2.5, \"timestamp\": 1700000000100, \"step\": 0}"
is runs.log_metric 200 '^\{ *\} *$'
call POST "$API/runs/log-metric" "{\"run_id\": \"$run\", \"key\": \"mse\", \"value\": \"1.25\", \"timestamp\": \"1700000000200\", \"step\": \"1\"}"
is runs.log_metric_of_strings 200 '^\{ *\} *$'
call POST "$API/runs/log-metric" "{\"run_id\": \"$run\", \"key\": \"mse\", \"value\": 1}"
is runs.log_metric_without_time 400 "Missing value for required parameter 'timestamp'"
call POST "$API/runs/log-batch" "{\"run_id\": \"$run\", \"metrics\": [{\"key\": \"mae\", \"value\": 2.5, \"timestamp\": 1552550804, \"step\": 0}, {\"key\": \"nan\", \"value\": \"NaN\", \"timestamp\": 1, \"step\": 0}], \"params\": [{\"key\": \"learning_rate\", \"value\": \"0.001\"}], \"tags\": [{\"key\": \"kind\", \"value\": \"rest\"}]}"
is runs.log_batch 200 '^\{ *\} *$'
call POST "$API/runs/set-tag" "{\"run_id\": \"$run\", \"key\": \"note\", \"value\": \"a\"}"
is runs.set_tag 200 '^\{ *\} *$'
call GET "$API/runs/get?run_id=$run"
is runs.get 200 '"key": *"alpha"' '"value": *"0.5"' '"key": *"mse"' '"value": *1\.25' '"value": *"NaN"' '"key": *"note"' '"mlflow.user"'
isnt runs.get_has_no_end_time '"end_time"'
call POST "$API/runs/delete-tag" "{\"run_id\": \"$run\", \"key\": \"note\"}"
is runs.delete_tag 200 '^\{ *\} *$'
call POST "$API/runs/log-inputs" "{\"run_id\": \"$run\", \"datasets\": [{\"tags\": [{\"key\": \"mlflow.data.context\", \"value\": \"training\"}], \"dataset\": {\"name\": \"titanic\", \"digest\": \"abc\", \"source_type\": \"http\", \"source\": \"{}\"}}]}"
is runs.log_inputs 200 '^\{ *\} *$'
call POST "$API/runs/update" "{\"run_id\": \"$run\", \"status\": \"FINISHED\", \"end_time\": 1700000001000}"
is runs.update 200 '"status": *"FINISHED"' '"end_time": *1700000001000'
call POST "$API/runs/search" "{\"experiment_ids\": [\"$experiment\"], \"filter\": \"metrics.mse < 2 and params.alpha = '0.5'\", \"max_results\": 10, \"order_by\": [\"metrics.mse DESC\"]}"
is runs.search 200 "\"run_id\": *\"$run\"" '"name": *"titanic"'
call POST "$API/runs/search" "{\"experiment_ids\": [\"$experiment\"], \"filter\": \"metrics.mse > 2\"}"
is runs.search_without_hit 200 '^\{ *\} *$'
call POST "$API/runs/search" "{\"experiment_ids\": [\"$experiment\"], \"filter\": \"metrics.mse ~ 2\"}"
is runs.search_refuses 400 INVALID_PARAMETER_VALUE
call GET "$API/metrics/get-history?run_id=$run&metric_key=mse&max_results=100"
is metrics.get_history 200 '"value": *2\.5.*"value": *1\.25'
call GET "$API/runs/get?run_id=00000000000000000000000000000000"
is runs.get_unknown 404 RESOURCE_DOES_NOT_EXIST 'not found'
call POST "$API/runs/delete" "{\"run_id\": \"$run\"}"
is runs.delete 200 '^\{ *\} *$'
call POST "$API/runs/restore" "{\"run_id\": \"$run\"}"
is runs.restore 200 '^\{ *\} *$'

# Artifacts through the proxy.
root=$experiment/$run/artifacts
printf 'hello\n' > "$work/up.txt"
put() { : > "$work/body"; status=$(curl -s -o "$work/body" -w '%{http_code}' -T "$work/up.txt" "$URL/api/2.0/mlflow-artifacts/artifacts/$root/$1" || true); body=$(cat "$work/body"); }
put notes/up.txt
is artifacts.put 200
put 'notes/with%20space%20%C3%A9.txt'
is artifacts.put_odd_name 200
call GET "$API/artifacts/list?run_id=$run&path=notes"
is artifacts.list 200 '"root_uri": *"mlflow-artifacts:/' '"path": *"notes/up.txt"' '"file_size": *6' 'with space'
call GET "$URL/api/2.0/mlflow-artifacts/artifacts?path=$root/notes"
is artifacts.list_by_proxy 200 '"path": *"up.txt"'
call GET "$URL/api/2.0/mlflow-artifacts/artifacts/$root/notes/up.txt"
is artifacts.get 200 '^hello'
call GET "$URL/get-artifact?run_uuid=$run&path=notes/up.txt"
is artifacts.get_for_pages 200 '^hello'
call GET "$URL/api/2.0/mlflow-artifacts/artifacts/$root/none"
is artifacts.get_missing 404 RESOURCE_DOES_NOT_EXIST
call DELETE "$URL/api/2.0/mlflow-artifacts/artifacts/$root/notes/up.txt"
is artifacts.delete 200
call GET "$URL/api/2.0/mlflow-artifacts/artifacts/$root/notes/up.txt"
is artifacts.deleted 404

# The registry.
call POST "$API/registered-models/create" "{\"name\": \"$NAME\", \"description\": \"by curl\", \"tags\": [{\"key\": \"a\", \"value\": \"b\"}]}"
is models.create 200 "\"name\": *\"$NAME\"" '"description": *"by curl"'
call POST "$API/registered-models/create" "{\"name\": \"$NAME\"}"
is models.create_again 400 RESOURCE_ALREADY_EXISTS
call POST "$API/model-versions/create" "{\"name\": \"$NAME\", \"source\": \"mlflow-artifacts:/$root/model\", \"run_id\": \"$run\"}"
is versions.create 200 '"version": *"1"' '"status": *"READY"' '"current_stage": *"None"'
call POST "$API/model-versions/create" "{\"name\": \"$NAME\", \"source\": \"/etc/passwd\", \"run_id\": \"$run\"}"
is versions.create_from_local_path 400 INVALID_PARAMETER_VALUE
call GET "$API/model-versions/get?name=$NAME&version=1"
is versions.get 200 "\"run_id\": *\"$run\""
call GET "$API/model-versions/get-download-uri?name=$NAME&version=1"
is versions.download_uri 200 "\"artifact_uri\": *\"mlflow-artifacts:/$root/model\""
call PATCH "$API/model-versions/update" "{\"name\": \"$NAME\", \"version\": \"1\", \"description\": \"better\"}"
is versions.update 200 '"description": *"better"'
call POST "$API/model-versions/transition-stage" "{\"name\": \"$NAME\", \"version\": \"1\", \"stage\": \"production\", \"archive_existing_versions\": true}"
is versions.stage 200 '"current_stage": *"Production"'
call POST "$API/registered-models/get-latest-versions" "{\"name\": \"$NAME\", \"stages\": [\"Production\"]}"
is models.latest_by_post 200 '"version": *"1"'
call GET "$API/registered-models/get-latest-versions?name=$NAME"
is models.latest_by_get 200 '"version": *"1"'
call POST "$API/registered-models/alias" "{\"name\": \"$NAME\", \"alias\": \"champion\", \"version\": \"1\"}"
is models.set_alias 200 '^\{ *\} *$'
call GET "$API/registered-models/alias?name=$NAME&alias=champion"
is models.get_alias 200 '"version": *"1"' '"aliases"'
call DELETE "$API/registered-models/alias" "{\"name\": \"$NAME\", \"alias\": \"champion\"}"
is models.delete_alias 200 '^\{ *\} *$'
call GET "$API/registered-models/alias?name=$NAME&alias=champion"
is models.get_missing_alias 400 INVALID_PARAMETER_VALUE 'alias champion not found'
call POST "$API/model-versions/set-tag" "{\"name\": \"$NAME\", \"version\": \"1\", \"key\": \"t\", \"value\": \"1\"}"
is versions.set_tag 200 '^\{ *\} *$'
call DELETE "$API/model-versions/delete-tag" "{\"name\": \"$NAME\", \"version\": \"1\", \"key\": \"t\"}"
is versions.delete_tag 200 '^\{ *\} *$'
call POST "$API/registered-models/set-tag" "{\"name\": \"$NAME\", \"key\": \"t\", \"value\": \"1\"}"
is models.set_tag 200 '^\{ *\} *$'
call GET "$API/registered-models/get?name=$NAME"
is models.get 200 '"key": *"t"' '"latest_versions"'
call GET "$API/registered-models/search?filter=name%3D%27$NAME%27"
is models.search 200 "\"name\": *\"$NAME\""
call GET "$API/model-versions/search?filter=name%3D%27$NAME%27"
is versions.search 200 '"version": *"1"'
call PATCH "$API/registered-models/update" "{\"name\": \"$NAME\", \"description\": \"new\"}"
is models.update 200 '"description": *"new"'
call POST "$API/registered-models/rename" "{\"name\": \"$NAME\", \"new_name\": \"$NAME-2\"}"
is models.rename 200 "\"name\": *\"$NAME-2\""
call DELETE "$API/model-versions/delete" "{\"name\": \"$NAME-2\", \"version\": \"1\"}"
is versions.delete 200 '^\{ *\} *$'
call GET "$API/model-versions/get?name=$NAME-2&version=1"
is versions.deleted 404 RESOURCE_DOES_NOT_EXIST
call DELETE "$API/registered-models/delete" "{\"name\": \"$NAME-2\"}"
is models.delete 200 '^\{ *\} *$'
call GET "$API/registered-models/get?name=$NAME-2"
is models.deleted 404 RESOURCE_DOES_NOT_EXIST

# Webhooks: made, listed without their secret, changed, deleted. The address is public and is not called.
call POST "$API/webhooks" "{\"name\": \"$NAME\", \"url\": \"https://1.1.1.1/hook\", \"events\": [{\"entity\": \"REGISTERED_MODEL\", \"action\": \"CREATED\"}], \"secret\": \"s3cret\", \"status\": \"DISABLED\"}"
is webhooks.create 200 '"webhook_id"'
isnt webhooks.create_hides_secret s3cret
hook=$(field webhook_id)
call GET "$API/webhooks/$hook"
is webhooks.get 200 "\"name\": *\"$NAME\"" '"DISABLED"'
isnt webhooks.get_hides_secret s3cret
call GET "$API/webhooks"
is webhooks.list 200 "\"webhook_id\": *\"$hook\""
call PATCH "$API/webhooks/$hook" '{"description": "changed"}'
is webhooks.update 200 '"description": *"changed"'
call DELETE "$API/webhooks/$hook"
is webhooks.delete 200
call GET "$API/webhooks/$hook"
is webhooks.deleted 404

# Last, so that the run above was in an active experiment; and what needs no experiment.
call POST "$API/experiments/delete" "{\"experiment_id\": \"$experiment\"}"
is experiments.delete 200 '^\{ *\} *$'
call POST "$API/runs/create" "{\"experiment_id\": \"$experiment\"}"
is experiments.deleted_takes_no_run 400 'must be in the .active. state'
call POST "$API/experiments/restore" "{\"experiment_id\": \"$experiment\"}"
is experiments.restore 200 '^\{ *\} *$'
call GET "$URL/health"
is health 200 '^OK'
call GET "$URL/version"
is version 200 '^[0-9]+\.[0-9]+'
call GET "$API/nothing/here"
is unknown_path 404

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]

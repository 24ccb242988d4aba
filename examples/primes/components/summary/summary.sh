# The gaps between the numbers of a file.
set -e
awk -v skip="$MILLRACE_PARAM_SKIP" -v out="$MILLRACE_OUTPUTS" '
  NR > 1 + skip { gap = $1 - before; sum += gap; n++; if (n == 1 || gap < least) least = gap; if (gap > most) most = gap }
  { before = $1 }
  END {
    printf "{\"least\": %d}\n", least > (out "/values.json")
    printf "{\"gap.mean\": %.6f, \"gap.greatest\": %d}\n", sum / n, most > (out "/metrics.json")
  }
' "$MILLRACE_INPUT_NUMBERS"

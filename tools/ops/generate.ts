/** Writes the generated files of prometheus/, docs/runbooks/ and grafana/dashboards/. */
import { writeFiles } from './generated-file.ts'
import { generatedFiles } from './generated-files.ts'

await writeFiles(generatedFiles())

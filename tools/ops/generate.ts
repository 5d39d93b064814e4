/** Writes the generated files of prometheus/ and docs/runbooks/. */
import { writeFiles } from './generated-file.ts'
import { generatedFiles } from './generated-files.ts'

await writeFiles(generatedFiles())

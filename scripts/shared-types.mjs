/**
 * What the types of an entry point have in common with those of `workpool`, they import from there. Rolled up alone they have classes of
 * their own, with private members, and TypeScript takes no `Pool` of one entry point for that of another.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import ts from 'typescript'

const isDeclaration = (statement) =>
  ts.isInterfaceDeclaration(statement) ||
  ts.isTypeAliasDeclaration(statement) ||
  ts.isClassDeclaration(statement) ||
  ts.isFunctionDeclaration(statement)

const isExported = ({ modifiers }) => modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false

/** The declarations of a rolled-up file by their names, and all of its statements. */
function read(file) {
  const text = readFileSync(file, 'utf8')
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const declarations = new Map()
  for (const statement of source.statements) {
    if (!isDeclaration(statement)) continue
    const { text: name } = statement.name
    declarations.set(name, [...(declarations.get(name) ?? []), statement])
  }
  return { source, declarations }
}

const printed = (statements) =>
  statements.map((statement) => statement.getText().replace(/^(export )?(declare )?/, '')).join('\n')

/** The names that a statement uses. */
function namesIn(statement) {
  const names = new Set()
  const visit = (node) => {
    if (ts.isIdentifier(node)) names.add(node.text)
    ts.forEachChild(node, visit)
  }
  ts.forEachChild(statement, visit)
  return names
}

/**
 * Rewrites the rolled-up types of an entry point.
 *
 * @param main the types of the main entry point, a file in the same folder
 */
export function shareTypes(file, main) {
  const { source, declarations } = read(file)
  const those = read(main).declarations
  const isShared = (name) => {
    const [first] = those.get(name) ?? []
    if (first === undefined || !isExported(first)) return false
    return printed(those.get(name)) === printed(declarations.get(name))
  }
  const shared = new Set([...declarations.keys()].filter(isShared))
  if (shared.size === 0) return

  // What only those need that are gone goes, too.
  const nameOf = (statement) => (isDeclaration(statement) ? statement.name.text : undefined)
  const left = source.statements.filter((statement) => !shared.has(nameOf(statement)))
  const needed = new Set(left.filter((statement) => nameOf(statement) === undefined || isExported(statement)))
  const names = new Set()
  for (const statement of needed) {
    if (ts.isImportDeclaration(statement)) continue
    for (const name of namesIn(statement)) {
      names.add(name)
      for (const used of declarations.get(name) ?? []) if (!shared.has(name)) needed.add(used)
    }
  }

  const imported = [...shared].filter((name) => names.has(name)).toSorted()
  const exported = [...shared].filter((name) => declarations.get(name).some(isExported)).toSorted()
  const lines = [
    ...(imported.length > 0 ? [`import { ${imported.join(', ')} } from './index.js';`] : []),
    ...(exported.length > 0 ? [`export { ${exported.join(', ')} } from './index.js';`] : []),
  ]
  const isUsed = (statement) =>
    needed.has(statement) &&
    (!ts.isImportDeclaration(statement) || [...namesIn(statement)].some((name) => names.has(name)))
  const kept = left.filter(isUsed).map((statement) => statement.getFullText())
  writeFileSync(file, `${lines.join('\n')}\n${kept.join('').trimStart()}\n`)
}

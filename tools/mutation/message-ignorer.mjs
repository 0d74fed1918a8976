import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** The position of the first text for people among the arguments of functions that check options, or make errors or data sets. */
const textAt = {
  damaged: 1,
  functionOf: 1,
  refuse: 2,
  refused: 2,
  refusedState: 2,
  requireAttributes: 1,
  requireEntry: 2,
  requireKnown: 2,
  requireOptions: 2,
  scheduleOf: 2,
};

/** The properties of table entries that are shown to people. */
const captions = ['help', 'label', 'placeholder', 'summary', 'title'];

/**
 * Ignores texts that only people read, which tests pin once or not at all: in `new HarmonicError(code, fields)`, all texts
 * except the code and the argument's name; the same in functions that make such errors; examples of how to pass options; and
 * the captions of tables. Of a function's known options, only the names count, not the `true` after them.
 */
class MessageIgnorer {
  shouldIgnore(path) {
    const isText = path.isStringLiteral() || path.isTemplateLiteral();
    if (isText && (isInMessage(path) || isTextArgument(path) || isCaption(path)))
      return 'Only people read it.';
    if (path.isBooleanLiteral() && isKnownOption(path)) return 'Only the names of known options count.';
    return undefined;
  }
}

function isInMessage(path) {
  const error = path.findParent((parent) => parent.isNewExpression());
  if (error?.node.callee.name !== 'HarmonicError' || path.node === error.node.arguments[0]) return false;
  const field = path.findParent((parent) => parent.isObjectProperty() || parent === error);
  return field.node.key?.name !== 'argument';
}

function isTextArgument({ node, parent }) {
  if (parent.type === 'VariableDeclarator') return parent.id.name === 'example';
  return parent.type === 'CallExpression' && parent.arguments.indexOf(node) >= textAt[parent.callee.name];
}

function isCaption({ parent, parentPath }) {
  if (parent.type !== 'ObjectProperty') return false;
  return captions.includes(parent.key.name) || parentPath.parentPath.parent.key?.name === 'explanations';
}

function isKnownOption({ parentPath: property }) {
  if (!property.isObjectProperty()) return false;
  const { node: options, parent } = property.parentPath;
  if (parent.type === 'VariableDeclarator')
    return parent.id.typeAnnotation?.typeAnnotation.typeName?.name === 'KnownOptions';
  return (
    parent.type === 'CallExpression' &&
    parent.callee.name === 'requireOptions' &&
    parent.arguments[3] === options
  );
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Ignore, 'messages', MessageIgnorer)];

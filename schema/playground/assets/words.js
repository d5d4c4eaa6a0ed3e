// What the page says, in English and Chinese.

const WORDS = {
  en: {
    run: 'Run', running: 'Running…', stop: 'Stop', prettify: 'Prettify', share: 'Copy link', curl: 'Copy as curl',
    copied: 'Copied', token: 'Token', show: 'Show the token', hide: 'Hide the token',
    docs: 'Docs', examples: 'Examples', history: 'History', variables: 'Variables', headers: 'Headers',
    query: 'Query', json: 'JSON', table: 'Table', search: 'Search types and fields',
    shortcuts: 'Keyboard', loading: 'Reading the schema…', reload: 'Read the schema again',
    needsToken: 'Paste a token above. `dealgraph token create --tenant KEY --role admin` prints one.',
    badToken: 'The token is unknown, expired or revoked.',
    noSchema: 'The schema could not be read: {0}', offline: 'The server cannot be reached.',
    noQuery: 'There is no query yet: write one, or take an example.',
    empty: 'Run a query and its answer appears here.', noRows: 'No list of records in this answer.',
    noHistory: 'What you run is listed here, in this browser only.', clear: 'Clear',
    noExamples: 'Examples appear once the schema is read.', nothingFound: 'Nothing is called that.',
    fields: 'Fields', arguments: 'Arguments', values: 'Values', implements: 'Implements', possible: 'Possible types',
    usedBy: 'Used by', deprecated: 'Deprecated', roots: 'Start here', objects: 'Objects', more: '{0} more',
    line: 'line {0}', errors: '{0} errors', oneError: '1 error', cost: 'cost {0}', milliseconds: '{0} ms',
    suggestions: '{0} suggestions', badVariables: 'The variables are not a JSON object: {0}',
    badHeaders: 'The headers are not a JSON object of texts: {0}', cannotPrettify: 'Cannot be laid out: {0}',
    rows: '{0} rows', copy: 'Copy', download: 'Download', long: 'Shown without colours: {0}.', close: 'Close',
    sideBar: 'Side bar', operation: 'Operation', resize: 'Resize',
    keyRun: 'Run the query (the operation at the cursor)', keyComplete: 'Complete at the cursor',
    keyPrettify: 'Prettify', keySearch: 'Search the documentation', keyDocs: 'Document the word at the cursor',
    keyEscape: 'Close suggestions; then Tab leaves the editor',
    kind_list: 'List', kind_one: 'One', kind_tree: 'Tree', kind_groups: 'Groups',
    kind_create: 'Create', kind_update: 'Update',
  },
  zh: {
    run: '运行', running: '运行中…', stop: '停止', prettify: '格式化', share: '复制链接', curl: '复制为 curl',
    copied: '已复制', token: '令牌', show: '显示令牌', hide: '隐藏令牌',
    docs: '文档', examples: '示例', history: '历史', variables: '变量', headers: '请求头',
    query: '查询', json: 'JSON', table: '表格', search: '搜索类型和字段',
    shortcuts: '快捷键', loading: '正在读取结构…', reload: '重新读取结构',
    needsToken: '请在上方粘贴令牌。运行 `dealgraph token create --tenant KEY --role admin` 可得到一个。',
    badToken: '令牌不存在、已过期或已撤销。',
    noSchema: '无法读取结构：{0}', offline: '无法连接服务器。',
    noQuery: '还没有查询：请编写一个，或选用示例。',
    empty: '运行查询后，结果显示在这里。', noRows: '这个结果里没有记录列表。',
    noHistory: '运行过的查询列在这里，只保存在本浏览器。', clear: '清空',
    noExamples: '读取结构后显示示例。', nothingFound: '没有找到。',
    fields: '字段', arguments: '参数', values: '取值', implements: '实现', possible: '可能的类型',
    usedBy: '被引用于', deprecated: '已弃用', roots: '从这里开始', objects: '对象', more: '还有 {0} 个',
    line: '第 {0} 行', errors: '{0} 个错误', oneError: '1 个错误', cost: '开销 {0}', milliseconds: '{0} 毫秒',
    suggestions: '{0} 个候选', badVariables: '变量不是 JSON 对象：{0}',
    badHeaders: '请求头不是由文本组成的 JSON 对象：{0}', cannotPrettify: '无法格式化：{0}',
    rows: '{0} 行', copy: '复制', download: '下载', long: '内容较长，不着色：{0}。', close: '关闭',
    sideBar: '侧栏', operation: '操作', resize: '调整大小',
    keyRun: '运行查询（光标所在的操作）', keyComplete: '在光标处补全',
    keyPrettify: '格式化', keySearch: '搜索文档', keyDocs: '查看光标处的文档',
    keyEscape: '关闭候选；之后 Tab 键离开编辑器',
    kind_list: '列表', kind_one: '单条', kind_tree: '树', kind_groups: '分组',
    kind_create: '新建', kind_update: '修改',
  },
};

let language = 'en';

export function speak(wanted) {
  language = wanted?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
  return language;
}

/** The phrase in the page's language, `{0}` replaced. */
export function say(key, ...values) {
  const phrase = WORDS[language][key] ?? WORDS.en[key] ?? key;
  return values.reduce((text, value, index) => text.replace(`{${index}}`, value), phrase);
}

export { WORDS };

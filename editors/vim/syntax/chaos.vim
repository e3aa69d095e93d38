" Vim syntax file
" Language: chaos

if exists('b:current_syntax')
  finish
endif

let s:keepcpo = &cpoptions
set cpoptions&vim

syn case match
syn iskeyword @,48-57,_

" What comes later wins where two begin at one place.

" The word lists are made from the compiler: see docs/editors.md.
" words begin
syn match chaosKeyword /\v%([.-]@1<!)<%(hypothesis|namespaces|component|confirmed|instances|namespace|processes|tolerates|toxiproxy|unchanged|approval|arrivals|escalate|evidence|external|matching|parallel|reaching|requires|resource|restarts|reverted|selector|sequence|services|timezone|approve|because|breaker|consent|holding|outside|require|retries|samples|secrets|service|silence|through|timeout|touches|traffic|verdict|workers|action|always|expect|higher|inject|metric|repeat|source|starts|window|within|abort|admin|after|allow|bends|calls|class|every|fails|given|grant|hosts|label|least|limit|lower|never|owner|param|queue|rests|start|takes|until|bind|call|cron|data|deny|else|enum|from|into|over|pool|stop|tags|than|tier|time|wait|when|for|run|set|slo|url|as|at|by|id|if|in|no|on|to)>%(\s*[.:]|-|\s*\=[=~]@!|\s*\<\=)@!/
syn match chaosDeclaration /\v%([.-]@1<!)<%(environment|experiment|scenario|schedule|policy|system|fault|model|probe|test|let|use)>%(\s*[.:]|-|\s*\=[=~]@!|\s*\<\=)@!/
syn match chaosConstant /\v%([.-]@1<!)<%(baseline|stable|steady|block|false|true)>%(\s*[.:]|-|\s*\=[=~]@!|\s*\<\=)@!/
syn match chaosOperatorWord /\v%([.-]@1<!)<%(and|not|of|or)>-@!/
syn match chaosLimit /\v%([.-]@1<!)<%(cancel_grace|concurrent|instances|exposure|requests|timeout|traffic)>\ze\s*\<\=/
syn match chaosOutcome /\v%(<%(tier|verdict)\s+)@12<=%(inconclusive|not reverted|development|not steady|production|confirmed|aborted|refused|refuted|staging|broken|test)>/
syn match chaosType /\v%([:<]\s*)@8<=%(distribution|throughput|frequency|duration|counter|service|points|signal|string|bytes|count|float|ratio|bool|enum|list|int)>-@!/
syn match chaosFunction /\v<%(prometheus|histogram|increase|counter|success|likely|scrape|secret|gauge|query|ratio|spike|mean|rate|avg|max|min|sum|p\d{1,3})\ze\(/
syn match chaosNumber /\v%([A-Za-z0-9_]-=)@2<!%(\d+%(\.\d+)?%(GiB|KiB|MiB|\/h|\/m|\/s|GB|MB|kB|ms|ns|pp|us|\%|B|d|h|m|s)?)+%([A-Za-z0-9_%])@!/
" words end

syn match chaosParameter /\v%([(,{;]\s*)@8<=[A-Za-z_]\w*%(-\w+)*\ze\s*:/
syn match chaosDeclared /\v%(<%(system|environment|experiment|scenario|policy|model|schedule|fault|probe|service|test)\s+)@16<=[A-Za-z_]\w*%(-\w+)*/
syn match chaosLabel /\v%(<as\s+)@8<=[A-Za-z_]\w*%(-\w+)*/
syn match chaosMetric /\v%(<metric\s+)@12<=[A-Za-z_]\w*%(-\w+)*\ze\s*:/
syn match chaosModule /\v%(<use\s+)@8<=[A-Za-z_][A-Za-z0-9_.-]*/
syn match chaosCalled /\v%(<%(inject|call)\s+)@12<=[A-Za-z_][A-Za-z0-9_.-]*\ze\(/
syn match chaosAttribute /\v\@[A-Za-z_]\w*%(-\w+)*/
syn match chaosOperator /\v\=\=|!\=|\<\=|\>\=|\=\~|!\~|\.\.|[=<>+*\/]|\s@1<=-\s@=/

syn region chaosText start=/"/ skip=/\\./ end=/"/ oneline contains=chaosEscape,chaosPlaceholder
syn match chaosEscape /\\./ contained
syn match chaosPlaceholder /{\w\+}/ contained
syn region chaosRaw start=/`/ end=/`/ oneline
syn region chaosRaw start=/```/ end=/```/

syn keyword chaosTodo contained TODO FIXME XXX
syn match chaosComment /#.*/ contains=chaosTodo,@Spell
syn match chaosDocumentation /##.*/ contains=chaosTodo,@Spell

syn region chaosBlock start=/{/ end=/}/ transparent fold

hi def link chaosKeyword Statement
hi def link chaosDeclaration Structure
hi def link chaosConstant Constant
hi def link chaosOperatorWord Operator
hi def link chaosOperator Operator
hi def link chaosLimit Identifier
hi def link chaosOutcome Constant
hi def link chaosType Type
hi def link chaosFunction Function
hi def link chaosNumber Number
hi def link chaosParameter Identifier
hi def link chaosDeclared Typedef
hi def link chaosLabel Label
hi def link chaosMetric Identifier
hi def link chaosModule Include
hi def link chaosCalled Function
hi def link chaosAttribute PreProc
hi def link chaosText String
hi def link chaosEscape SpecialChar
hi def link chaosPlaceholder SpecialChar
hi def link chaosRaw String
hi def link chaosTodo Todo
hi def link chaosComment Comment
hi def link chaosDocumentation SpecialComment

" Raw texts go over lines.
syn sync minlines=200

let b:current_syntax = 'chaos'

let &cpoptions = s:keepcpo
unlet s:keepcpo

" Vim indent file
" Language: chaos

if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=GetChaosIndent(v:lnum)
setlocal indentkeys=0},0),0],!^F,o,O,0=else,0=for,0=until,0=within,0=holding,0=after,0=because
setlocal autoindent
let b:undo_indent = 'setlocal indentexpr< indentkeys< autoindent<'

if exists('*GetChaosIndent')
  finish
endif

" Whether the place is in a text or a comment, where brackets mean nothing.
function s:Quoted(lnum, column) abort
  return synIDattr(synID(a:lnum, a:column, 1), 'name') =~# '^chaos\%(Text\|Raw\|Escape\|Placeholder\|Comment\|Documentation\|Todo\)$'
endfunction

" The line and column of the bracket around a line; [0, 0] where there is none.
function s:Around(lnum) abort
  let view = winsaveview()
  call cursor(a:lnum, 1)
  " Only a line with a quote or a comment can have a bracket in one, or nearly so: asking is slow.
  let skip = 'getline(".") =~# "[\"`#]" && s:Quoted(line("."), col("."))'
  let found = searchpairpos('[{(\[]', '', '[})\]]', 'bnW', skip, max([1, a:lnum - 1000]))
  call winrestview(view)
  return found
endfunction

" A line without its comment and the blanks at its end.
function s:Code(lnum) abort
  let line = getline(a:lnum)
  let at = stridx(line, '#')
  while at >= 0 && synIDattr(synID(a:lnum, at + 1, 1), 'name') !~# 'Comment\|Documentation'
    let at = stridx(line, '#', at + 1)
  endwhile
  return substitute(at >= 0 ? strpart(line, 0, at) : line, '\s*$', '', '')
endfunction

" The next line above or below that holds more than a comment.
function s:Beside(lnum, step) abort
  let lnum = a:lnum + a:step
  while lnum > 0 && lnum <= line('$') && s:Code(lnum) ==# ''
    let lnum += a:step
  endwhile
  return lnum
endfunction

" Whether a line goes on the statement before it: by its first word, or by how that one ends.
function s:GoesOn(lnum) abort
  if s:Code(a:lnum) =~# '\v^\s*(for|until|within|holding|after|because)>[-(]@!'
    return 1
  endif
  let before = s:Beside(a:lnum, -1)
  let code = before < 1 ? '' : s:Code(before)
  if code !~# '\v([-+*/<>=:,]|<%(and|or|not|of))$' || code =~# '\v[:<]\s*\w+\<.*\>$'
    return 0
  endif
  " Behind a comma in parentheses something new begins.
  let around = s:Around(a:lnum)
  return code !~# ',$' || around[0] == 0 || getline(around[0])[around[1] - 1] ==# '{'
endfunction

function GetChaosIndent(lnum) abort
  if synIDattr(synID(a:lnum, 1, 1), 'name') ==# 'chaosRaw' && getline(a:lnum) !~# '^`'
    return -1
  endif
  let around = s:Around(a:lnum)
  let indent = 0
  if around[0] > 0
    " The statement that opens the bracket may have begun some lines above.
    let begin = around[0]
    while begin > 1 && getline(around[0])[around[1] - 1] ==# '{' && s:GoesOn(begin)
      let begin = s:Beside(begin, -1)
    endwhile
    let indent = indent(begin) + (getline(a:lnum) =~# '^\s*[})\]]' ? 0 : shiftwidth())
  endif
  " A comment belongs to the line below. What goes on stands two steps in, as `chaos fmt` has it.
  let line = s:Code(a:lnum) ==# '' ? s:Beside(a:lnum, 1) : a:lnum
  let same = line <= line('$') && s:Around(line) == around
  return same && s:GoesOn(line) ? indent + 2 * shiftwidth() : indent
endfunction

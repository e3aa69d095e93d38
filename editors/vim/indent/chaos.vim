" Vim indent file
" Language: chaos
" Needs no syntax: Neovim, where colours may come from elsewhere, has a copy.

if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=GetChaosIndent(v:lnum)
setlocal indentkeys=0},0),0],!^F,o,O,0=else,0=for,0=until,0=within,0=holding,0=after,0=because
setlocal autoindent
let b:undo_indent = 'setlocal indentexpr< indentkeys< autoindent< preserveindent<'

if exists('*GetChaosIndent')
  finish
endif

" Texts, raw texts and comments of a line, whether they are closed or not.
let s:quoted = '\v"%(\\.|[^"\\])*"=|```.{-}```|```.*|`%(``)@![^`]*`=|#.*'

" In column one, outside of raw texts, it closes whatever is open, as for the compiler.
let s:declaration = '\v^%(use|let|system|environment|experiment|scenario|policy|test|schedule|fault|probe)\s+["A-Za-z_]'

" What was found out for the line that is indented: lines without texts, whether they begin in a raw text, and the
" bracket around it.
let s:plain = {}
let s:raw = {}
let s:around = {}

" As long as the text; nothing of it means anything.
function s:Blank(text) abort
  let s:open = a:text =~# '^```' && a:text !~# '^```.*```$'
  return repeat(a:text[0] ==# '#' ? ' ' : '"', strlen(a:text))
endfunction

" A line without what its texts and comments say; and whether a raw text goes on in the next one.
function s:Read(line, raw) abort
  let end = a:raw ? matchend(a:line, '```') : 0
  if end < 0
    return [repeat('"', strlen(a:line)), 1]
  endif
  let s:open = 0
  let rest = substitute(strpart(a:line, end), s:quoted, '\=s:Blank(submatch(0))', 'g')
  return [repeat('"', end) . rest, s:open]
endfunction

" Finds the lines that begin in a raw text.
function s:FindRaw() abort
  let view = winsaveview()
  let s:plain = {}
  let s:raw = {}
  let s:around = {}
  call cursor(1, 1)
  let lnum = search('```', 'cW')
  while lnum > 0
    let [s:plain[lnum], raw] = s:Read(getline(lnum), has_key(s:raw, lnum))
    let lnum += 1
    while raw && lnum <= line('$')
      let s:raw[lnum] = 1
      let [s:plain[lnum], raw] = s:Read(getline(lnum), 1)
      let lnum += 1
    endwhile
    call cursor(lnum, 1)
    let lnum = lnum > line('$') ? 0 : search('```', 'cW')
  endwhile
  call winrestview(view)
endfunction

function s:Plain(lnum) abort
  if !has_key(s:plain, a:lnum)
    let s:plain[a:lnum] = s:Read(getline(a:lnum), 0)[0]
  endif
  return s:plain[a:lnum]
endfunction

" A line without its comment and the blanks at its end.
function s:Code(lnum) abort
  return substitute(s:Plain(a:lnum), '\s*$', '', '')
endfunction

" The line and column of the bracket around a line; [0, 0] where there is none.
function s:Around(lnum) abort
  if !has_key(s:around, a:lnum)
    let view = winsaveview()
    call cursor(a:lnum, 1)
    let first = search(s:declaration, 'bW')
    while first > 0 && has_key(s:raw, first)
      let first = search(s:declaration, 'bW')
    endwhile
    call cursor(a:lnum, 1)
    " Only a line with a quote or a comment can have a bracket in one, or one in a raw text: looking is slow.
    let skip = '(has_key(s:raw, line(".")) || getline(".") =~# "[\"`#]") && s:Plain(line("."))[col(".") - 1] =~# "[ \"]"'
    let s:around[a:lnum] = searchpairpos('[{(\[]', '', '[})\]]', 'bnW', skip, max([1, first]))
    call winrestview(view)
  endif
  return s:around[a:lnum]
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
  if s:Plain(a:lnum) =~# '^\s*[{})\]]'
    return 0
  endif
  let before = s:Beside(a:lnum, -1)
  let code = before < 1 ? '' : s:Code(before)
  let around = s:Around(a:lnum)
  if around[0] > 0 && getline(around[0])[around[1] - 1] !=# '{'
    " In parentheses something new begins only behind a comma.
    return code !~# '[(\[,]$'
  endif
  if s:Plain(a:lnum) =~# '\v^\s*(for|until|within|holding|after|because)>[-(]@!'
    return 1
  endif
  return code =~# '\v([-+*/<>=:,]|<%(and|or|not|of))$' && code !~# '\v[:<]\s*\w+\<.*\>$'
endfunction

" The line in which the statement begins of which this line is a part.
function s:Statement(lnum) abort
  let lnum = a:lnum
  while lnum > 1
    let around = s:Around(lnum)
    if has_key(s:raw, lnum)
      let lnum -= 1
    elseif around[0] > 0 && s:Plain(lnum) =~# '^\s*[})\]]'
      let lnum = around[0]
    elseif s:GoesOn(lnum)
      let lnum = s:Beside(lnum, -1)
      let within = s:Around(lnum)
      " What is in brackets of the statement is no part of its own.
      while within[0] > around[0] || (within[0] == around[0] && within[1] > around[1])
        let lnum = within[0]
        let within = s:Around(lnum)
      endwhile
    else
      break
    endif
  endwhile
  return max([lnum, 1])
endfunction

function GetChaosIndent(lnum) abort
  call s:FindRaw()
  " Lines in a raw text stay as they are: with this option, blanks that are wide enough are not written anew.
  let &l:preserveindent = has_key(s:raw, a:lnum)
  if &l:preserveindent
    return indent(a:lnum)
  endif
  let around = s:Around(a:lnum)
  let indent = 0
  if around[0] > 0
    let block = getline(around[0])[around[1] - 1] ==# '{'
    let begin = block ? s:Statement(around[0]) : around[0]
    let indent = indent(begin) + (s:Plain(a:lnum) =~# '^\s*[})\]]' ? 0 : shiftwidth())
  endif
  " A comment belongs to the line below. What goes on stands two steps in, as `chaos fmt` has it.
  let line = s:Code(a:lnum) ==# '' && getline(a:lnum) =~# '\S' ? s:Beside(a:lnum, 1) : a:lnum
  let same = line <= line('$') && s:Around(line) == around
  return same && s:GoesOn(line) ? indent + 2 * shiftwidth() : indent
endfunction

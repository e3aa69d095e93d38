" Vim filetype plugin
" Language: chaos

if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal comments=b:##,b:#
setlocal commentstring=#\ %s
setlocal formatoptions-=t formatoptions+=croql
setlocal expandtab shiftwidth=2 softtabstop=2
setlocal suffixesadd=.chaos
setlocal include=^\\s*use\\s\\+\"\\zs[^\"]*
" `:make` checks the file, and `:ChaosFormat` lays it out.
if executable('chaos')
  setlocal makeprg=chaos\ check\ --format\ concise\ %:S
  setlocal errorformat=%f:%l:%c:\ %trror[%m,%f:%l:%c:\ %tarning[%m,%f:%l:%c:\ %m,%-G%.%#
endif
command! -buffer ChaosFormat call s:Format()

if !exists('*s:Format')
  function s:Format() abort
    let made = systemlist('chaos fmt -', getline(1, '$'))
    if v:shell_error
      echohl ErrorMsg | echomsg join(made, ' ') | echohl None
      return
    endif
    let view = winsaveview()
    call setline(1, made)
    if line('$') > len(made)
      call deletebufline('%', len(made) + 1, '$')
    endif
    call winrestview(view)
  endfunction
endif

let b:undo_ftplugin = 'setlocal comments< commentstring< formatoptions< expandtab< shiftwidth< softtabstop<'
      \ . ' suffixesadd< include< makeprg< errorformat<'
      \ . ' | delcommand ChaosFormat'
